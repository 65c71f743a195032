package scrub

import (
	"strings"
	"sync"
)

// sensitiveWords are words of a key that make its value a secret. They are
// compared with whole words of the key, so that "author" is not "auth".
var sensitiveWords = map[string]bool{
	"password": true, "passwd": true, "pwd": true, "passphrase": true, "passwort": true, "secret": true, "secrets": true, "token": true,
	"auth": true, "authorization": true, "authentication": true, "bearer": true, "credential": true, "credentials": true,
	"csrf": true, "xsrf": true, "csrftoken": true, "xsrftoken": true, "sessionid": true, "phpsessid": true, "jsessionid": true, "jwt": true,
	"apikey": true, "privatekey": true, "accesskey": true, "secretkey": true, "ssn": true, "cvv": true, "cvc": true, "creditcard": true, "cardnumber": true,
}

// sensitivePairs are two words in a row.
var sensitivePairs = map[[2]string]bool{
	{"api", "key"}: true, {"private", "key"}: true, {"access", "key"}: true, {"secret", "key"}: true, {"signing", "key"}: true, {"encryption", "key"}: true,
	{"session", "id"}: true, {"session", "key"}: true, {"connect", "sid"}: true, {"amz", "signature"}: true, {"goog", "signature"}: true, {"private", "token"}: true, {"credit", "card"}: true, {"card", "number"}: true,
}

// sensitiveEnds are ends of a word that make it a secret, for names written in one:
// "userpassword", "accesstoken".
var sensitiveEnds = [...]string{"password", "passwd", "secret", "token", "apikey", "sessionid"}

// secretEnd are the letters with which keys that name secrets end, whichever they are, in
// lower case: a quick no for most.
var secretEnd = func() (table [256]bool) {
	for word := range sensitiveWords {
		table[word[len(word)-1]] = true
	}
	for pair := range sensitivePairs {
		table[pair[1][len(pair[1])-1]] = true
	}
	table[']'|0x20], table['d'] = true, true // user[password], user%5Bpassword%5D
	return table
}()

// sensitiveKey reports whether a key names a secret. Programs use few keys, so the
// answers are remembered.
func sensitiveKey(key string) bool {
	answer, known := keys.get(key)
	if !known {
		answer = namesSecret(key)
		keys.put(key, answer)
	}
	return answer
}

// keys are the answers for keys that were asked about lately.
var keys memo

// memo remembers answers about texts, at most memoSize of memoText bytes each. When it
// is full it starts over.
type memo struct {
	mu sync.RWMutex
	of map[string]bool
}

const (
	memoSize = 4096
	memoText = 64
)

func (m *memo) get(s string) (answer, known bool) {
	m.mu.RLock()
	answer, known = m.of[s]
	m.mu.RUnlock()
	return answer, known
}

func (m *memo) put(s string, answer bool) {
	if len(s) > memoText {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of == nil || len(m.of) >= memoSize {
		m.of = make(map[string]bool)
	}
	m.of[strings.Clone(s)] = answer
}

func namesSecret(key string) bool {
	var word [64]byte
	previous := ""
	n := 0
	flush := func() bool {
		if n == 0 {
			return false
		}
		w := string(word[:n])
		n = 0
		if sensitiveWords[w] || sensitivePairs[[2]string{previous, w}] {
			return true
		}
		for _, end := range sensitiveEnds {
			if len(w) > len(end) && w[len(w)-len(end):] == end {
				return true
			}
		}
		previous = w
		return false
	}
	for i := range len(key) {
		c := key[i]
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
		case c >= 'A' && c <= 'Z':
			// A word starts at a capital after a small letter: apiKey, but not APIKEY.
			if i > 0 && key[i-1] >= 'a' && key[i-1] <= 'z' && flush() {
				return true
			}
			c += 'a' - 'A'
		default:
			if flush() {
				return true
			}
			continue
		}
		if n < len(word) {
			word[n] = c
			n++
		}
	}
	return flush()
}
