package quangate

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const waitedFor = time.Minute // a longer Retry-After is not waited for

func isRetried(status int) bool {
	return status == 429 || status == 502 || status == 503 || status == 504
}

// retryAfter is what the header means from now on; false: it says nothing.
func retryAfter(said string, now time.Time) (time.Duration, bool) {
	text := strings.TrimSpace(said)
	if text != "" && strings.Trim(text, "0123456789") == "" {
		seconds, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return math.MaxInt64, true
		}
		return time.Duration(seconds) * time.Second, true
	}
	moment, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	return max(0, moment.Sub(now)), true
}

// wait is how long to wait after so many tries; false: that is too long, do not try again. Half of it
// is certain, the other half is chance (in [0, 1)), so that callers that failed together come back
// apart.
func wait(tries int, said string, chance float64, now time.Time) (time.Duration, bool) {
	if asked, ok := retryAfter(said, now); ok {
		return asked, asked <= waitedFor
	}
	most := math.Min(8, 0.5*math.Pow(2, float64(tries-1)))
	return time.Duration(most * (0.5 + 0.5*chance) * float64(time.Second)), true
}
