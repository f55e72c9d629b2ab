// Go's net/http + pgx: one statement an order, on the tables of the FastAPI peer
// (../skip_locked/schema.sql), and spared what that one is spared.
//
//	PEER_DSN=postgresql://… one-statement PORT
//
// It has all processors there are: what one thread of ours leaves idle is its to use.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"log"
	"net/http"
	"os"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	accounts    = 256
	priceMinor  = 1990
	connections = 32
	uniqueTaken = "23505"
)

const sell = `
WITH free AS (SELECT id FROM code WHERE order_id IS NULL
              ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED),
     paid AS (UPDATE account SET balance = balance - $4
              WHERE id = $3 AND balance >= $4 AND EXISTS (SELECT FROM free) RETURNING id),
     made AS (INSERT INTO orders (out_order_no, sku, account_id, amount)
              SELECT $1, $2, $3, $4 FROM paid RETURNING id)
UPDATE code SET order_id = made.id FROM made, free WHERE code.id = free.id RETURNING code.code`

type order struct {
	OutOrderNo string `json:"out_order_no"`
	SKU        string `json:"sku"`
}

type sold struct {
	OutOrderNo string `json:"out_order_no"`
	Code       string `json:"code"`
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func place(pool *pgxpool.Pool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var asked order
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || asked.OutOrderNo == "" || asked.SKU == "" {
			answer(w, http.StatusUnprocessableEntity, map[string]string{"code": "validation-failed"})
			return
		}
		account := int32(crc32.ChecksumIEEE([]byte(asked.OutOrderNo)) % accounts)
		var code string
		err := pool.QueryRow(r.Context(), sell, asked.OutOrderNo, asked.SKU, account, int64(priceMinor)).Scan(&code)
		var refused *pgconn.PgError
		switch {
		case err == nil:
			answer(w, http.StatusCreated, sold{asked.OutOrderNo, code})
		case errors.Is(err, pgx.ErrNoRows):
			answer(w, http.StatusConflict, map[string]string{"code": "sold out or insufficient balance"})
		case errors.As(err, &refused) && refused.Code == uniqueTaken:
			answer(w, http.StatusConflict, map[string]string{"code": "duplicate"})
		default:
			answer(w, http.StatusInternalServerError, map[string]string{"code": "internal"})
		}
	}
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("the port is missing")
	}
	settings, err := pgxpool.ParseConfig(os.Getenv("PEER_DSN"))
	if err != nil {
		log.Fatal("PEER_DSN is not a connection string")
	}
	settings.MinConns, settings.MaxConns = connections, connections
	pool, err := pgxpool.NewWithConfig(context.Background(), settings)
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	http.HandleFunc("POST /v1/orders", place(pool))
	log.Fatal(http.ListenAndServe(fmt.Sprintf("127.0.0.1:%s", os.Args[1]), nil))
}
