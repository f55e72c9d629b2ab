package quangate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
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

func as[T any](said any) (found T) {
	raw, _ := json.Marshal(said)
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&found); err != nil {
		panic(err)
	}
	return found
}

func calling(client *Client, said object) (any, error) {
	ctx, arguments := context.Background(), said["arguments"].(object)
	switch text(said["method"]) {
	case "orders.place":
		return client.Orders.Place(ctx, as[OrderIn](arguments))
	case "orders.batch":
		return client.Orders.Batch(ctx, as[[]OrderIn](arguments["orders"]))
	case "orders.get":
		return client.Orders.Get(ctx, text(arguments["order_no"]))
	case "orders.get_by_out_no":
		return client.Orders.GetByOutNo(ctx, text(arguments["out_order_no"]))
	case "orders.cancel":
		return client.Orders.Cancel(ctx, text(arguments["order_no"]))
	case "products.get":
		return client.Products.Get(ctx, text(arguments["sku"]))
	case "account.get":
		return client.Account.Get(ctx)
	case "orders.list":
		return all(client.Orders.List(ctx, as[OrderFilter](arguments)))
	case "products.list":
		return all(client.Products.List(ctx))
	case "account.entries":
		return all(client.Account.Entries(ctx))
	}
	return nil, errors.New("no such call")
}

func all[T any](seq func(func(T, error) bool)) ([]T, error) {
	var found []T
	for one, err := range seq {
		if err != nil {
			return nil, err
		}
		found = append(found, one)
	}
	return found, nil
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

func likeError(t *testing.T, said object, err error) {
	t.Helper()
	var failed *Error
	if !errors.As(err, &failed) {
		t.Fatal("no error of ours:", err)
	}
	for name, value := range said {
		if name != "class" {
			like(t, object{name: value}, failed)
		}
	}
}

// like compares what is said of a value with it: members by their wire's names.
func like(t *testing.T, said, found any) {
	t.Helper()
	if result, ok := found.(BatchResult); ok {
		if one := said.(object); one["error"] != nil {
			likeError(t, one["error"].(object), result.Err)
			return
		}
		found = result.Order
	}
	value := reflect.Indirect(reflect.ValueOf(found))
	switch said := said.(type) {
	case object:
		for name, want := range said {
			like(t, want, memberOf(value, name))
		}
	case []any:
		if value.Len() != len(said) {
			t.Fatal(found, "is not", said)
		}
		for i, one := range said {
			like(t, one, value.Index(i).Interface())
		}
	case nil:
		if value.IsValid() {
			t.Error(found, "is not null")
		}
	default:
		if !value.IsValid() || fmt.Sprint(value.Interface()) != fmt.Sprint(said) && !sameNumber(value, said) {
			t.Errorf("%v is not %v", found, said)
		}
	}
}

func sameNumber(value reflect.Value, said any) bool {
	number, ok := said.(float64)
	return ok && value.CanInt() && float64(value.Int()) == number
}

func memberOf(value reflect.Value, name string) any {
	if !value.IsValid() {
		return nil
	}
	if raw, ok := value.Interface().(json.RawMessage); ok {
		var members object
		_ = json.Unmarshal(raw, &members)
		return members[name]
	}
	if value.Kind() == reflect.Map {
		if found := value.MapIndex(reflect.ValueOf(name)); found.IsValid() {
			return found.Interface()
		}
		return nil
	}
	for i := range value.NumField() {
		field := value.Type().Field(i)
		flat := strings.ReplaceAll(name, "_", "")
		if field.IsExported() && strings.EqualFold(field.Name, flat) {
			return value.Field(i).Interface()
		}
	}
	return nil
}

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
