package quangate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The cases of every client, held against this one. `connectors/sdk/build.py` says in QUANGATE_CASES
// where they are, in QUANGATE_SCRIPTED where a gateway answers by a script (conformance/server.py).

const (
	keyID  = "qk_conformance"
	secret = "qs_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"
	nobody = "http://127.0.0.1:2" // a port where nobody listens
)

type object = map[string]any

func cases(t *testing.T, name string) []object {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(os.Getenv("QUANGATE_CASES"), name))
	if err != nil {
		t.Fatal(err)
	}
	var found []object
	if err := json.Unmarshal(raw, &found); err != nil {
		t.Fatal(err)
	}
	return found
}

func text(said any) string { found, _ := said.(string); return found }

func strs(said any) map[string]string {
	found := map[string]string{}
	for name, value := range said.(object) {
		found[name] = text(value)
	}
	return found
}

func TestSignatures(t *testing.T) {
	for _, said := range cases(t, "signing.json") {
		t.Run(text(said["name"]), func(t *testing.T) {
			key, err := signingKey(text(said["secret"]))
			if said["refused"] != nil {
				if err == nil {
					t.Fatal("taken")
				}
				return
			}
			got := signature(key, text(said["method"]), text(said["target"]), text(said["timestamp"]), text(said["nonce"]), []byte(text(said["body"])))
			if got != said["signature"] {
				t.Fatal(got)
			}
		})
	}
}

func TestCodes(t *testing.T) {
	for _, said := range cases(t, "codes.json") {
		t.Run(text(said["name"]), func(t *testing.T) {
			keys, err := newKeyRing(strs(said["keys"]))
			if err != nil {
				t.Fatal(err)
			}
			opened, err := Code{text(said["jwe"]), keys}.Open()
			if said["error"] != nil {
				if !errors.Is(err, ErrInvalidCode) {
					t.Fatal("opened", err)
				}
				return
			}
			opens := said["opens"].(object)
			want := Opened{text(opens["code"]), text(opens["pin"]), text(opens["url"]), text(opens["expires_at"])}
			if err != nil || opened != want {
				t.Fatal(err, opened.Code)
			}
		})
	}
}

func TestWebhooks(t *testing.T) {
	for _, said := range cases(t, "webhooks.json") {
		t.Run(text(said["name"]), func(t *testing.T) {
			header := http.Header{}
			for name, value := range strs(said["headers"]) {
				header.Set(name, value)
			}
			var secrets []string
			for _, one := range said["secrets"].([]any) {
				secrets = append(secrets, text(one))
			}
			event, err := VerifyWebhook([]byte(text(said["body"])), header, secrets, WebhookOptions{
				Tolerance: time.Duration(said["tolerance"].(float64)) * time.Second,
				Now:       func() time.Time { return time.Unix(int64(said["now"].(float64)), 0) },
				Seen: func(id string) bool {
					list, _ := said["seen"].([]any)
					return len(list) > 0 && list[0] == id
				},
			})
			if said["error"] != nil {
				if !errors.Is(err, ErrInvalidWebhook) {
					t.Fatal("verified", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			like(t, said["event"], event)
		})
	}
}

func TestDelays(t *testing.T) {
	for _, said := range cases(t, "delays.json") {
		t.Run(text(said["name"]), func(t *testing.T) {
			now := time.Unix(int64(said["now"].(float64)), 0)
			pause, again := wait(int(said["tries"].(float64)), text(said["retry_after"]), said["chance"].(float64), now)
			seconds, wanted := said["waits"].(float64)
			if again != wanted || again && math.Abs(pause.Seconds()-seconds) > 1e-9 {
				t.Fatal(pause, again)
			}
		})
	}
}

func control(t *testing.T, said object) []object {
	t.Helper()
	method, body := http.MethodGet, []byte(nil)
	if said != nil {
		method = http.MethodPut
		body, _ = json.Marshal(said)
	}
	request, _ := http.NewRequest(method, os.Getenv("QUANGATE_SCRIPTED")+"/_case", bytes.NewReader(body))
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var came []object
	if err := json.NewDecoder(answer.Body).Decode(&came); err != nil {
		t.Fatal(err)
	}
	return came
}

func TestCalls(t *testing.T) {
	for _, said := range append(cases(t, "answers.json"), cases(t, "retries.json")...) {
		t.Run(text(said["name"]), func(t *testing.T) {
			control(t, said)
			url, timeout, retries := os.Getenv("QUANGATE_SCRIPTED"), 120*time.Second, int(said["max_retries"].(float64))
			if said["closed"] != nil {
				url = nobody
			}
			if seconds, ok := said["timeout_s"].(float64); ok {
				timeout = time.Duration(seconds) * time.Second
			}
			client, err := New(Config{BaseURL: url, KeyID: keyID, Secret: secret, Timeout: timeout, MaxRetries: &retries})
			if err != nil {
				t.Fatal(err)
			}
			var waits []time.Duration
			client.core.sleep = func(_ context.Context, pause time.Duration) error {
				waits = append(waits, pause)
				return nil
			}
			outcome, err := calling(client, said["call"].(object))
			judge(t, said, outcome, err, waits, control(t, nil))
		})
	}
}

func judge(t *testing.T, said object, outcome any, err error, waits []time.Duration, came []object) {
	for _, one := range came {
		if one["signed"] != true || !strings.HasPrefix(text(one["agent"]), "quangate-go/") {
			t.Error("not signed", one)
		}
	}
	if said["error"] != nil {
		likeError(t, said["error"].(object), err)
	} else if err != nil {
		t.Fatal(err)
	} else {
		like(t, said["gives"], outcome)
	}
	if bounds, ok := said["waits"].([]any); ok {
		if len(bounds) != len(waits) {
			t.Fatal("waited", waits)
		}
		for i, bound := range bounds {
			least, most := bound.([]any)[0].(float64), bound.([]any)[1].(float64)
			if waits[i].Seconds() < least || waits[i].Seconds() > most {
				t.Error("waited", waits)
			}
		}
	}
	if requests, ok := said["requests"].([]any); ok {
		if len(requests) != len(came) {
			t.Fatal(len(came), "requests")
		}
		for i, one := range requests {
			if one.(object)["body"] != nil {
				var body any
				_ = json.Unmarshal([]byte(text(came[i]["body"])), &body)
				came[i]["body"] = body
			}
			like(t, one, came[i])
		}
	}
}
