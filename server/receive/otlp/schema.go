package otlp

import "google.golang.org/protobuf/encoding/protowire"

// form is how a field is written in JSON.
type form uint8

const (
	textForm    form = iota // a string
	hexForm                 // bytes as hexadecimal digits: ids
	base64Form              // all other bytes
	integerForm             // a number or its digits as a string, as a varint
	fixedForm               // the same, as fixed64
	doubleForm              // a number or a string such as "NaN"
	boolForm                // true or false
	enumForm                // a number or a name
	messageForm             // an object, or a list of them
)

// jsonField is a field as JSON names it.
type jsonField struct {
	num   protowire.Number
	form  form
	of    *jsonMessage
	names map[string]uint64 // of an enum
}

// jsonMessage is the fields of a message. Those that nobody reads are not in it.
type jsonMessage map[string]jsonField

// requests are the messages of the three signals.
var requests = makeRequests()

func makeRequests() [signals]*jsonMessage {
	var anyValue, keyValue, list, object jsonMessage
	message := func(num protowire.Number, of *jsonMessage) jsonField {
		return jsonField{num: num, form: messageForm, of: of}
	}
	field := func(num protowire.Number, f form) jsonField { return jsonField{num: num, form: f} }
	list = jsonMessage{"values": message(1, &anyValue)}
	object = jsonMessage{"values": message(1, &keyValue)}
	keyValue = jsonMessage{"key": field(1, textForm), "value": message(2, &anyValue)}
	anyValue = jsonMessage{
		"stringValue": field(1, textForm), "boolValue": field(2, boolForm), "intValue": field(3, integerForm), "doubleValue": field(4, doubleForm),
		"arrayValue": message(5, &list), "kvlistValue": message(6, &object), "bytesValue": field(7, base64Form),
	}
	resource := &jsonMessage{"attributes": message(1, &keyValue)}
	scope := &jsonMessage{"name": field(1, textForm), "version": field(2, textForm), "attributes": message(3, &keyValue)}
	record := &jsonMessage{
		"timeUnixNano": field(1, fixedForm), "observedTimeUnixNano": field(11, fixedForm), "severityText": field(3, textForm),
		"severityNumber": {num: 2, form: enumForm, names: severityNames()},
		"body":           message(5, &anyValue), "attributes": message(6, &keyValue), "traceId": field(9, hexForm), "spanId": field(10, hexForm), "eventName": field(12, textForm),
	}
	spanEvent := &jsonMessage{"timeUnixNano": field(1, fixedForm), "name": field(2, textForm), "attributes": message(3, &keyValue)}
	status := &jsonMessage{
		"message": field(2, textForm),
		"code":    {num: 3, form: enumForm, names: map[string]uint64{"STATUS_CODE_UNSET": 0, "STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": statusError}},
	}
	span := &jsonMessage{
		"traceId": field(1, hexForm), "spanId": field(2, hexForm), "parentSpanId": field(4, hexForm), "name": field(5, textForm),
		"endTimeUnixNano": field(8, fixedForm), "attributes": message(9, &keyValue), "events": message(11, spanEvent), "status": message(15, status),
	}
	request := func(signal, item string, of *jsonMessage) *jsonMessage {
		scopes := &jsonMessage{"scope": message(1, scope), item: message(2, of)}
		resources := &jsonMessage{"resource": message(1, resource), "scope" + signal: message(2, scopes)}
		return &jsonMessage{"resource" + signal: message(1, resources)}
	}
	return [signals]*jsonMessage{
		traces: request("Spans", "spans", span), logs: request("Logs", "logRecords", record),
		metrics: request("Metrics", "metrics", &jsonMessage{"name": field(1, textForm)}),
	}
}

func severityNames() map[string]uint64 {
	names := map[string]uint64{"SEVERITY_NUMBER_UNSPECIFIED": 0}
	for i, name := range [...]string{"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"} {
		for j, suffix := range [...]string{"", "2", "3", "4"} {
			names["SEVERITY_NUMBER_"+name+suffix] = uint64(4*i + j + 1)
		}
	}
	return names
}
