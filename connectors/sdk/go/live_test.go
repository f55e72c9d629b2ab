package quangate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// The cases that a running gateway answers, held against this client: QUANGATE_LIVE says where its
// world is written (connectors/sdk/live.py).

const (
	patience = 120 * time.Second // only ends what hangs
	poll     = 50 * time.Millisecond
)

// play is one case: what is kept of its outcomes stands in later steps.
type play struct {
	url  string
	keys object
	kept object
}

// trial notes what is not as it should be, without ending the test: it may be so later.
type trial struct {
	testing.TB
	wrong []string
}

func (t *trial) Helper() {}

func (t *trial) Error(said ...any) { t.wrong = append(t.wrong, fmt.Sprint(said...)) }

func (t *trial) Errorf(form string, said ...any) { t.Error(fmt.Sprintf(form, said...)) }

func (t *trial) Fatal(said ...any) {
	t.Error(said...)
	panic(t)
}

func TestLive(t *testing.T) {
	raw, err := os.ReadFile(os.Getenv("QUANGATE_LIVE"))
	if err != nil {
		t.Fatal(err)
	}
	var found struct {
		URL  string            `json:"url"`
		Keys map[string]object `json:"keys"`
	}
	if err := json.Unmarshal(raw, &found); err != nil {
		t.Fatal(err)
	}
	for _, said := range cases(t, "live.json") {
		t.Run(text(said["name"]), func(t *testing.T) {
			keys := found.Keys["go"]
			game := play{found.URL, keys, object{"run": keys["run"]}}
			for n, step := range said["steps"].([]any) {
				if wrong := game.play(t, step.(object)); len(wrong) > 0 {
					t.Fatal(n, wrong)
				}
			}
		})
	}
}

func (p *play) play(t *testing.T, step object) []string {
	step = p.filled(step)
	until := time.Now()
	if step["until"] != nil {
		until = until.Add(patience)
	}
	for {
		outcome, err := calling(p.client(t, text(step["as"])), step["call"].(object))
		wrong := p.tried(t, step, outcome, err)
		if len(wrong) == 0 || !time.Now().Before(until) {
			return wrong
		}
		time.Sleep(poll)
	}
}

func (p *play) filled(step object) object {
	raw, _ := json.Marshal(step)
	said := string(raw)
	for name, value := range p.kept {
		is, _ := json.Marshal(value)
		said = strings.ReplaceAll(said, `"{`+name+`}"`, string(is))
		said = strings.ReplaceAll(said, "{"+name+"}", fmt.Sprint(value))
	}
	var made object
	if err := json.Unmarshal([]byte(said), &made); err != nil {
		panic(err)
	}
	return made
}

func (p *play) client(t *testing.T, name string) *Client {
	key := p.keys[name].(object)
	client, err := New(Config{
		BaseURL: p.url, KeyID: text(key["key_id"]), Secret: text(key["secret"]),
		DeliveryKeys: strs(key["delivery_keys"]), Timeout: patience,
	})
	if err != nil {
		t.Fatal(err)
	}
	client.core.sleep = func(context.Context, time.Duration) error { return nil }
	if seconds, ok := key["offset_s"].(float64); ok {
		client.core.offset.Store(int64(seconds))
	}
	return client
}

func (p *play) tried(t *testing.T, step object, outcome any, err error) (wrong []string) {
	judge := &trial{TB: t}
	defer func() {
		if ended := recover(); ended != nil && ended != judge {
			panic(ended)
		}
		wrong = judge.wrong
	}()
	p.judge(judge, step, outcome, err)
	return nil
}

func (p *play) judge(t *trial, step object, outcome any, err error) {
	if step["error"] != nil {
		likeError(t, step["error"].(object), err)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	said := step["gives"]
	if step["first"] != nil {
		said, outcome = step["first"], firstOf(outcome)
	}
	if said != nil {
		like(t, said, outcome)
	}
	var opened []string
	if order, ok := outcome.(*Order); ok && (step["opens"] != nil || step["unopened"] != nil || step["code"] != nil) {
		opened = p.opened(t, step, order.Codes)
	}
	if len(t.wrong) > 0 {
		return
	}
	keeps, _ := step["keeps"].(object)
	for name, member := range keeps {
		if member == "code" {
			p.kept[name] = opened[0]
		} else {
			p.kept[name] = memberOf(valueOf(outcome), text(member))
		}
	}
}

func (p *play) opened(t *trial, step object, codes []Code) (found []string) {
	ring := (*keyRing)(nil)
	if step["opens_as"] != nil {
		ring, _ = newKeyRing(strs(p.keys[text(step["opens_as"])].(object)["delivery_keys"]))
	}
	distinct := map[string]bool{}
	for _, code := range codes {
		if ring != nil {
			code = Code{code.jwe, ring}
		}
		opened, err := code.Open()
		if step["unopened"] != nil {
			if !errors.Is(err, ErrInvalidCode) {
				t.Fatal("opened", err)
			}
			return nil
		}
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, opened.Code)
		distinct[opened.Code] = true
	}
	wanted := len(codes)
	if said, ok := step["opens"].(float64); ok {
		wanted = int(said)
	}
	if len(distinct) != wanted || wanted == 0 || step["code"] != nil && found[0] != step["code"] {
		t.Fatal("other codes")
	}
	return found
}

func firstOf(outcome any) any {
	switch rows := outcome.(type) {
	case []*Product:
		return rows[0]
	case []*Entry:
		return rows[0]
	}
	panic("no list")
}
