package quangate

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// NumberStore is a folder with one small file for each intent; any number of processes may share it.
type NumberStore struct{ folder string }

// NewNumberStore opens the folder, and makes it where there is none.
func NewNumberStore(path string) (*NumberStore, error) {
	return &NumberStore{path}, os.MkdirAll(path, 0o700)
}

// Number gives the same number whenever the same intent (a basket, a payment, a row of your own) is
// asked for, also after a crash between asking and ordering. It is durable when it is returned.
func (n *NumberStore) Number(intent string) (string, error) {
	if intent == "" {
		return "", errors.New("quangate: an intent has a name")
	}
	digest := sha256.Sum256([]byte(intent))
	file := filepath.Join(n.folder, hex.EncodeToString(digest[:]))
	found, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		if err = n.make(file); err == nil {
			found, err = os.ReadFile(file)
		}
	}
	return string(found), err
}

func (n *NumberStore) make(file string) error {
	draft := filepath.Join(n.folder, "."+random())
	defer func() { _ = os.Remove(draft) }()
	out, err := os.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = out.WriteString("N" + random())
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return err
	}
	// Whole or not at all, and never over another's.
	if err = os.Link(draft, file); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	folder, err := os.Open(n.folder)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
