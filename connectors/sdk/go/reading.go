package quangate

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
)

var shapeOf = regexp.MustCompile(`^(~?)(\w+)(\[\]|\{\})?(\??)$`)

var errShape = errors.New("that is none of the API's answers")

// check says whether what was read is a model: members that are missing, or of another kind, make an
// answer none.
func check(model string, said any) error {
	members, ok := said.(map[string]any)
	if !ok {
		return errShape
	}
	for name, how := range shapes[model] {
		if err := checkMember(how, members, name); err != nil {
			return err
		}
	}
	return nil
}

func checkMember(how string, members map[string]any, name string) error {
	found := shapeOf.FindStringSubmatch(how)
	optional, kind, many, nullable := found[1] != "", found[2], found[3], found[4] != ""
	said, there := members[name]
	if !there && optional || there && said == nil && (nullable || optional) {
		return nil
	}
	if !there {
		return errShape
	}
	each := []any{said}
	switch list := said.(type) {
	case []any:
		if many != "[]" {
			return errShape
		}
		each = list
	case map[string]any:
		if many == "{}" {
			each = each[:0]
			for _, one := range list {
				each = append(each, one)
			}
		} else if many == "[]" {
			return errShape
		}
	default:
		if many != "" {
			return errShape
		}
	}
	for _, one := range each {
		if err := checkOne(kind, one); err != nil {
			return err
		}
	}
	return nil
}

func checkOne(kind string, said any) error {
	var ok bool
	switch kind {
	case "t":
		_, ok = said.(string)
	case "i":
		var number json.Number
		if number, ok = said.(json.Number); ok {
			_, err := number.Int64()
			ok = err == nil
		}
	case "b":
		_, ok = said.(bool)
	case "a":
		ok = true
	default:
		return check(kind, said)
	}
	if !ok {
		return errShape
	}
	return nil
}

// read is an answer as a model.
func read[T any](body []byte, model string, keys *keyRing) (*T, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var said any
	if err := decoder.Decode(&said); err != nil || decoder.More() {
		return nil, errShape
	}
	if err := check(model, said); err != nil {
		return nil, err
	}
	found := new(T)
	if err := json.Unmarshal(body, found); err != nil {
		return nil, err
	}
	if order, ok := any(found).(*Order); ok {
		for i := range order.Codes {
			order.Codes[i].keys = keys
		}
	}
	return found, nil
}
