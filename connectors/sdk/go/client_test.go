package quangate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestNothingSecretIsShown(t *testing.T) {
	var said object
	for _, one := range cases(t, "codes.json") {
		if one["name"] == "a code and a pin" {
			said = one
		}
	}
	known := strs(said["keys"])
	config := Config{BaseURL: nobody, KeyID: keyID, Secret: secret, DeliveryKeys: known}
	client, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	code := Code{text(said["jwe"]), client.core.keys}
	opened, err := code.Open()
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []any{client, *client, config, &config, code, &code, opened, &opened, []Code{code}, Order{Codes: []Code{code}}} {
		shown := fmt.Sprintf("%v %+v %#v %s %q", one, one, one, one, one)
		raw, _ := json.Marshal(one)
		for _, hidden := range []string{secret[3:], known[keyID][3:], text(said["jwe"]), "AE-0001", "4711"} {
			if strings.Contains(shown+string(raw), hidden) {
				t.Errorf("%T shows %s: %s", one, hidden, shown)
			}
		}
	}
}

func TestWhatCannotBeIsRefused(t *testing.T) {
	minus := -1
	for _, config := range []Config{
		{BaseURL: "http://gateway.example", Secret: secret}, {BaseURL: "nowhere", Secret: secret},
		{BaseURL: "https://u@gateway.example", Secret: secret}, {BaseURL: nobody, Secret: secret[3:]},
		{BaseURL: nobody, Secret: secret, DeliveryKey: secret}, {BaseURL: nobody, Secret: secret, MaxRetries: &minus},
	} {
		if _, err := New(config); err == nil {
			t.Error("taken", config)
		}
	}
	client, _ := New(Config{BaseURL: nobody, KeyID: keyID, Secret: secret})
	for _, number := range []string{"", ".", ".."} {
		if _, err := client.Orders.GetByOutNo(context.Background(), number); errors.Is(err, ErrConnectionFailed) || err == nil {
			t.Error("sent", number)
		}
	}
}

func TestAnIntentHasOneNumber(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "numbers")
	numbers := make([]string, 60)
	var group sync.WaitGroup
	for i := range numbers {
		group.Add(1)
		go func() {
			defer group.Done()
			store, err := NewNumberStore(folder)
			if err == nil {
				numbers[i], err = store.Number(fmt.Sprint("basket ", i%3))
			}
			if err != nil {
				t.Error(err)
			}
		}()
	}
	group.Wait()
	distinct := map[string]bool{}
	for i, number := range numbers {
		distinct[number] = true
		if number != numbers[i%3] || len(number) < 1 || len(number) > 64 {
			t.Error(number)
		}
	}
	if files, _ := os.ReadDir(folder); len(distinct) != 3 || len(files) != 3 {
		t.Error(len(distinct), files)
	}
}

func TestAReadyHandler(t *testing.T) {
	var said object
	for _, one := range cases(t, "webhooks.json") {
		if one["name"] == "an order's" {
			said = one
		}
	}
	var handled []string
	handler := WebhookHandler([]string{text(said["secrets"].([]any)[0])}, func(event *Event) error {
		handled = append(handled, event.Order.OrderNo)
		return nil
	}, WebhookOptions{Now: func() time.Time { return time.Unix(int64(said["now"].(float64)), 0) }})
	for i, status := range []int{204, 400} {
		request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(text(said["body"])+strings.Repeat(" ", i)))
		for name, value := range strs(said["headers"]) {
			request.Header.Set(name, value)
		}
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		if answer.Code != status {
			t.Error(answer.Code)
		}
	}
	if len(handled) != 1 || handled[0] != "712000000000001" {
		t.Error(handled)
	}
}
