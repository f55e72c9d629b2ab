package quangate

import (
	"encoding/json"
	"fmt"
)

// WrongMember names one wrong member of a request by a JSON pointer.
type WrongMember struct {
	Pointer string `json:"pointer"`
	Detail  string `json:"detail"`
}

// Error says that something was refused, or went wrong. Programs look at Code and Retryable, or ask
// errors.Is(err, ErrSoldOut).
type Error struct {
	Code      string
	Detail    string
	Status    int // of the answer; 0: there was none
	Retryable bool
	TraceID   string
	Errors    []WrongMember
	// OutOrderNo is the order of which nobody knows what became, with ErrUnknownOutcome.
	OutOrderNo string

	serverTime *int64
	retryAfter string
	lost       bool // the request may have been carried out
}

// What is no problem of the gateway's. ErrUnknownOutcome: the order may have been made, or be made
// yet; ask for it later, or place it again under the same number, never under another.
var (
	ErrUnknownOutcome   = &Error{Code: "unknown-outcome"}
	ErrConnectionFailed = &Error{Code: "connection-failed"}
	ErrUnexpectedAnswer = &Error{Code: "unexpected-answer"}
	ErrInvalidCode      = &Error{Code: "invalid-code"}
	ErrInvalidWebhook   = &Error{Code: "invalid-webhook"}
	ErrInvalidStatement = &Error{Code: "invalid-statement"}
)

func (e *Error) Error() string {
	if e.Detail == "" {
		return "quangate: " + e.Code
	}
	return fmt.Sprintf("quangate: %s: %s", e.Code, e.Detail)
}

// Is compares codes.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}

func unknownOutcome(number string) *Error {
	return &Error{Code: "unknown-outcome", Detail: "of order " + number, Retryable: true, OutOrderNo: number}
}

func unexpected(status int, retryAfter string) *Error {
	retryable := status == 429 || status == 502 || status == 503 || status == 504
	detail := fmt.Sprintf("the answer (%d) is none of a gateway", status)
	return &Error{Code: "unexpected-answer", Detail: detail, Status: status, Retryable: retryable, retryAfter: retryAfter}
}

type problem struct {
	Code       string        `json:"code"`
	Title      string        `json:"title"`
	Detail     string        `json:"detail"`
	Retryable  bool          `json:"retryable"`
	TraceID    string        `json:"trace_id"`
	Errors     []WrongMember `json:"errors"`
	ServerTime *int64        `json:"server_time"`
}

// readProblem is the error that an answer means; one that is not ours is unexpected-answer.
func readProblem(status int, body []byte, retryAfter string) *Error {
	var said problem
	if json.Unmarshal(body, &said) != nil || said.Code == "" {
		return unexpected(status, retryAfter)
	}
	detail := said.Detail
	if detail == "" {
		detail = said.Title
	}
	return &Error{
		Code: said.Code, Detail: detail, Status: status, Retryable: said.Retryable, TraceID: said.TraceID,
		Errors: said.Errors, serverTime: said.ServerTime, retryAfter: retryAfter,
	}
}
