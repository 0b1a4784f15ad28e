// Command spans prints what Go's package time makes of zones: a line for each span of equal local time.
//
// Usage: spans FROM TO < NAMES, in Unix seconds. A line is the name, the start of the span, the offset in seconds, the
// abbreviation and whether it is daylight saving time; or the name, "error" and the message. Tabs divide it.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"time"
)

const step = 3600

func main() {
	from, to := seconds(os.Args[1]), seconds(os.Args[2])
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	names := bufio.NewScanner(os.Stdin)
	for names.Scan() {
		location, err := time.LoadLocation(names.Text())
		if err != nil {
			fmt.Fprintf(out, "%s\terror\t%v\n", names.Text(), err)
			continue
		}
		writeSpans(out, names.Text(), location, from, to)
	}
}

func writeSpans(out *bufio.Writer, zone string, location *time.Location, from, to int64) {
	before := ""
	for at := from; at < to; {
		moment := time.Unix(at, 0).In(location)
		abbreviation, offset := moment.Zone()
		now := fmt.Sprintf("%d\t%s\t%t", offset, abbreviation, moment.IsDST())
		if now != before {
			fmt.Fprintf(out, "%s\t%d\t%s\n", zone, at, now)
			before = now
		}
		_, end := moment.ZoneBounds()
		if end.IsZero() {
			return
		}
		// On 31 December of leap years the end can lie before the moment: then go on by the hour.
		if end.Unix() > at {
			at = end.Unix()
		} else {
			at += step
		}
	}
}

func seconds(text string) int64 {
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic(err)
	}
	return number
}
