package symbolicate

import "errors"

// decoder reads the mappings of one map: groups of numbers in base 64, each the
// difference to the one before.
type decoder struct {
	text           string
	line, column   int64 // where the script begins
	sources, names int
}

var (
	errDigit = errors.New("the mappings hold a character that is no digit of base 64")
	errLong  = errors.New("a number of the mappings has too many digits or no end")
	errGroup = errors.New("a mapping has neither 1, 4 nor 5 numbers")
	errRange = errors.New("a mapping points to nowhere")
)

// digits is the value of each digit of base 64, or 0xff.
var digits = func() (table [256]uint8) {
	for i := range table {
		table[i] = 0xff
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		table[c] = uint8(i)
	}
	return table
}()

// decode hands over every mapping, in the order of the text.
func (d *decoder) decode(emit func(token) error) error {
	text := d.text
	line, start := d.line, d.column
	column := start
	var source, sourceLine, sourceColumn, name int64
	for i := 0; i < len(text); {
		switch text[i] {
		case ';':
			i++
			line++
			if line > maxPlace {
				return errRange
			}
			column = 0
			continue
		case ',':
			i++
			continue
		}
		var group [5]int64
		n := 0
		for i < len(text) && text[i] != ',' && text[i] != ';' {
			if n == len(group) {
				return errGroup
			}
			// One number: five bits a digit, the lowest first; the lowest of all is the sign.
			var value int64
			for shift := 0; ; shift += 5 {
				if i == len(text) || shift > 30 {
					return errLong
				}
				digit := digits[text[i]]
				if digit == 0xff {
					return errDigit
				}
				i++
				value |= int64(digit&31) << shift
				if digit&32 == 0 {
					break
				}
			}
			if value&1 != 0 {
				value = -(value >> 1)
			} else {
				value >>= 1
			}
			group[n] = value
			n++
		}
		column += group[0]
		t := token{genLine: uint32(line), source: -1, name: -1}
		switch n {
		case 1:
		case 5:
			name += group[4]
			if name < 0 || name >= int64(d.names) {
				return errRange
			}
			t.name = int32(name)
			fallthrough
		case 4:
			source += group[1]
			sourceLine += group[2]
			sourceColumn += group[3]
			if source < 0 || source >= int64(d.sources) || sourceLine < 0 || sourceLine > maxPlace || sourceColumn < 0 || sourceColumn > maxPlace {
				return errRange
			}
			t.source, t.line, t.column = int32(source), uint32(sourceLine), uint32(sourceColumn)
		default:
			return errGroup
		}
		if column < 0 || column > maxPlace {
			return errRange
		}
		t.genColumn = uint32(column)
		if err := emit(t); err != nil {
			return err
		}
	}
	return nil
}
