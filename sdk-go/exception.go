package faultline

import (
	"fmt"
	"reflect"
	"strconv"
)

// exceptions turns an error and everything it wraps into a list: the error
// itself first, then what is inside, each before its own insides.
func exceptions(err error, limit int, mechanism Mechanism) []Exception {
	c := chain{limit: limit}
	c.visit(err, nil, "", mechanism)
	return c.list
}

type chain struct {
	limit int
	list  []Exception
}

func (c *chain) visit(err error, parent *int, source string, mechanism Mechanism) {
	if err == nil || len(c.list) >= c.limit {
		return
	}
	id := len(c.list)
	mechanism.ExceptionID, mechanism.ParentID, mechanism.Source = id, parent, source
	cause, members := unwrap(err)
	mechanism.IsExceptionGroup = members != nil
	name, module := typeOf(err)
	c.list = append(c.list, Exception{
		Type: name, Module: module, Value: textOf(err),
		Stacktrace: carriedStack(err), Mechanism: &mechanism,
	})
	inner := Mechanism{Type: "chained"}
	for i, member := range members {
		c.visit(member, &id, "errors["+strconv.Itoa(i)+"]", inner)
	}
	if cause != nil {
		c.visit(cause, &id, "Unwrap", inner)
	}
}

// unwrap returns what an error wraps: one cause or several members.
func unwrap(err error) (cause error, members []error) {
	defer func() {
		if recover() != nil {
			cause, members = nil, nil
		}
	}()
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		return nil, e.Unwrap()
	case interface{ Unwrap() error }:
		return e.Unwrap(), nil
	case interface{ Cause() error }:
		if inner := e.Cause(); !same(inner, err) {
			return inner, nil
		}
	}
	return nil, nil
}

// same compares errors whose types may not be comparable.
func same(a, b error) bool {
	if a == nil || b == nil {
		return a == b
	}
	t := reflect.TypeOf(a)
	return t == reflect.TypeOf(b) && t.Comparable() && a == b
}

// typeOf returns an error's type and the package that defines it.
func typeOf(v any) (name, module string) {
	t := reflect.TypeOf(v)
	if t == nil {
		return "nil", ""
	}
	name = t.String()
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return name, t.PkgPath()
}

// textOf returns an error's text, even if asking for it panics.
func textOf(err error) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = fmt.Sprintf("(%T.Error panicked)", err)
		}
	}()
	return err.Error()
}
