// Scalars that are messages of their own in protobuf: times, quantities, int-or-strings, raw JSON.
//
// Each function takes the message's bytes and gives the value as JSON has it. All throw WireError
// on bytes that are none. Thread rule: free functions, any thread; views borrow from the bytes.
#pragma once

#include <string_view>

#include "object/document.h"
#include "validation/protobuf/wire.h"

namespace limen::validation::protobuf {

object::Json text_value(std::string_view text);

// metav1.Time and MicroTime: seconds and nanoseconds since 1970; JSON null for the empty message,
// which is Go's zero time. Years 1 to 9999, as RFC 3339 has them. A Time has no fraction in JSON, a
// MicroTime six digits.
object::Json time_value(std::string_view message, bool micro);

// resource.Quantity: its text, "0" for none.
object::Json quantity_value(std::string_view message);

// intstr.IntOrString: a number or text.
object::Json int_or_string_value(std::string_view message);

// The bytes that field 1 holds: RawExtension, FieldsV1, apiextensions' JSON.
std::string_view raw_bytes(std::string_view message);

// JSON text as a value; null for none.
object::Json raw_json(std::string_view json);

}  // namespace limen::validation::protobuf
