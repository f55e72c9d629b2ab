package quangate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// What the tests of cases share: calls by name, and comparing.

func as[T any](said any) (found T) {
	raw, _ := json.Marshal(said)
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&found); err != nil {
		panic(err)
	}
	halve(reflect.ValueOf(&found).Elem())
	return found
}

// halved puts half of a surrogate pair where a case has the mark for it, which JSON reads as U+FFFD.
func halved(said string) string { return strings.ReplaceAll(said, "\u2759", "\xed\xa0\x80") }

func halve(value reflect.Value) {
	switch value.Kind() {
	case reflect.String:
		value.SetString(halved(value.String()))
	case reflect.Pointer:
		if !value.IsNil() {
			halve(value.Elem())
		}
	case reflect.Struct:
		for i := range value.NumField() {
			halve(value.Field(i))
		}
	case reflect.Slice:
		for i := range value.Len() {
			halve(value.Index(i))
		}
	case reflect.Map:
		if said, ok := value.Interface().(map[string]string); ok {
			for name, one := range said {
				delete(said, name)
				said[halved(name)] = halved(one)
			}
		}
	}
}

// rest is as, without what stands in the path.
func rest[T any](said object, path string) T {
	body := object{}
	for name, value := range said {
		if name != path {
			body[name] = value
		}
	}
	return as[T](body)
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
		return client.Orders.GetByOutNo(ctx, halved(text(arguments["out_order_no"])))
	case "orders.cancel":
		return client.Orders.Cancel(ctx, text(arguments["order_no"]))
	case "products.get":
		return client.Products.Get(ctx, text(arguments["sku"]))
	case "account.get":
		return client.Account.Get(ctx)
	case "cases.open":
		return client.Cases.Open(ctx, text(arguments["order_no"]), rest[CaseOpenIn](arguments, "order_no"))
	case "cases.get":
		return client.Cases.Get(ctx, text(arguments["case_no"]))
	case "cases.list":
		return all(client.Cases.List(ctx, as[CaseFilter](arguments)))
	case "cases.withdraw":
		return client.Cases.Withdraw(ctx, text(arguments["case_no"]))
	case "holds.place":
		return client.Holds.Place(ctx, as[HoldPlaceIn](arguments))
	case "holds.get":
		return client.Holds.Get(ctx, text(arguments["hold_no"]))
	case "holds.confirm":
		return client.Holds.Confirm(ctx, text(arguments["hold_no"]), rest[HoldConfirmIn](arguments, "hold_no"))
	case "holds.release":
		return client.Holds.Release(ctx, text(arguments["hold_no"]))
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

func likeError(t testing.TB, said object, err error) {
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
func like(t testing.TB, said, found any) {
	t.Helper()
	if result, ok := found.(BatchResult); ok {
		if one := said.(object); one["error"] != nil {
			likeError(t, one["error"].(object), result.Err)
			return
		}
		found = result.Order
	}
	value := valueOf(found)
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

func valueOf(found any) reflect.Value { return reflect.Indirect(reflect.ValueOf(found)) }

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
