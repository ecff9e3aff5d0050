// The counterpart of scalars.h: scalars that are messages of their own, written.
//
// Each function writes the message's fields; the caller closes it. Thread rule: free functions, any
// thread.
#pragma once

#include <string_view>

#include "object/document.h"
#include "validation/protobuf/wire_writer.h"

namespace limen::validation::protobuf {

// metav1.Time and MicroTime from RFC 3339 text: seconds and nanoseconds since 1970, of which a Time
// has none. Nothing for a text that is no time, and for Go's zero time.
void write_time(WireWriter& out, std::string_view text);

// intstr.IntOrString: the kind and both values, as Go writes them.
void write_int_or_string(WireWriter& out, const object::Json& value);

}  // namespace limen::validation::protobuf
