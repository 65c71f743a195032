package faultline

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"
	"unicode/utf8"
)

const (
	maxValueDepth = 8
	maxValueItems = 1000
)

// plain copies a value into nil, bool, float64, string, []any and
// map[string]any, so that nothing is shared with the program afterwards.
func plain(v any) any {
	p := plainer{left: maxValueItems}
	return p.value(v, 0)
}

// plainMap copies a map likewise; nil stays nil.
func plainMap(m map[string]any) map[string]any {
	if m == nil {
		return nil
	}
	p := plainer{left: maxValueItems}
	return p.fields(m, 0)
}

// plainer copies values; left counts down the items it may still copy.
type plainer struct{ left int }

func (p *plainer) fields(m map[string]any, depth int) map[string]any {
	n := make(map[string]any, min(len(m), maxValueItems))
	for k, v := range m {
		if p.left--; p.left < 0 {
			break
		}
		n[k] = p.value(v, depth+1)
	}
	return n
}

func (p *plainer) list(n, depth int, at func(int) any) []any {
	l := make([]any, 0, min(n, maxValueItems))
	for i := range n {
		if p.left--; p.left < 0 {
			break
		}
		l = append(l, p.value(at(i), depth+1))
	}
	return l
}

func (p *plainer) value(v any, depth int) any {
	if depth > maxValueDepth {
		return "..."
	}
	switch v := v.(type) {
	case nil:
		return nil
	case bool, string:
		return v
	case float64:
		return number(v)
	case float32:
		return number(float64(v))
	case int:
		return integer(int64(v))
	case int64:
		return integer(v)
	case uint64:
		return natural(v)
	case []byte:
		if utf8.Valid(v) {
			return string(v)
		}
		return fmt.Sprintf("%x", v)
	case map[string]any:
		return p.fields(v, depth)
	case []any:
		return p.list(len(v), depth, func(i int) any { return v[i] })
	case []string:
		return p.list(len(v), depth, func(i int) any { return v[i] })
	case map[string]string:
		n := make(map[string]any, len(v))
		for k, s := range v {
			n[k] = s
		}
		return n
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	case time.Duration:
		return v.String()
	default:
		return p.foreign(v, depth)
	}
}

// foreign copies a value of a type of the program. Its methods may panic.
func (p *plainer) foreign(v any, depth int) (out any) {
	defer func() {
		if r := recover(); r != nil {
			out = fmt.Sprintf("%T", v)
		}
	}()
	switch v := v.(type) {
	case error:
		return v.Error()
	case fmt.Stringer:
		return v.String()
	}
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Bool:
		return r.Bool()
	case reflect.String:
		return r.String()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return integer(r.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return natural(r.Uint())
	case reflect.Float32, reflect.Float64:
		return number(r.Float())
	case reflect.Slice, reflect.Array:
		return p.list(r.Len(), depth, func(i int) any { return r.Index(i).Interface() })
	case reflect.Map:
		n := map[string]any{}
		for it := r.MapRange(); it.Next(); {
			if p.left--; p.left < 0 {
				break
			}
			n[fmt.Sprint(it.Key().Interface())] = p.value(it.Value().Interface(), depth+1)
		}
		return n
	case reflect.Pointer:
		if r.IsNil() {
			return nil
		}
		return p.value(r.Elem().Interface(), depth+1)
	case reflect.Struct:
		return p.structure(v, depth)
	default:
		return fmt.Sprintf("%T", v)
	}
}

// structure copies a struct as its JSON reads, or its text if it has none.
func (p *plainer) structure(v any, depth int) any {
	encoded, err := json.Marshal(v)
	if err != nil || len(encoded) > 64<<10 {
		return fmt.Sprintf("%T", v)
	}
	var decoded any
	if json.Unmarshal(encoded, &decoded) != nil {
		return fmt.Sprintf("%T", v)
	}
	return p.value(decoded, depth+1)
}

// exact is the largest whole number that a float64 holds with all before it.
const exact = 1 << 53

func integer(i int64) any {
	if i > exact || i < -exact {
		return strconv.FormatInt(i, 10)
	}
	return float64(i)
}

func natural(u uint64) any {
	if u > exact {
		return strconv.FormatUint(u, 10)
	}
	return float64(u)
}

func number(f float64) any {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return f
}
