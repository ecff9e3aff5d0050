// Any bytes as a protobuf body: refused, or read as an object that JSON can carry and that is
// written and read back unchanged.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "catalog/catalog.h"
#include "object/canonical.h"
#include "object/decode.h"
#include "validation/protobuf/decode.h"
#include "validation/protobuf/encode.h"

// The first two bytes choose a type; the rest is a whole body, or the message alone when it has no
// envelope.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limen;
  namespace protobuf = validation::protobuf;
  if (size < 2) return 0;
  const std::size_t choice = static_cast<std::size_t>(data[0]) << 8 | data[1];
  const catalog::Type& type = catalog::types()[choice % catalog::types().size()];
  const std::string_view body(reinterpret_cast<const char*>(data + 2), size - 2);
  try {
    const object::Json value = body.starts_with("k8s")
                                   ? protobuf::decode_body(body, type.kind, &type)
                                   : protobuf::decode_message(body, type);
    if (!value.is_object()) std::abort();
    const std::string json = object::to_json(value);
    object::DecodeLimits limits;
    limits.max_bytes = json.size();
    if (object::to_json(object::decode(json, object::Format::json, limits).value) != json) {
      std::abort();
    }
    const std::string message = protobuf::encode_message(value, type);
    if (protobuf::encode_message(protobuf::decode_message(message, type), type) != message) {
      std::abort();
    }
  } catch (const protobuf::WireError&) {
  } catch (const object::DecodeError&) {
    // Raw JSON nested in messages may be deeper than a body of JSON is allowed to be.
  }
  return 0;
}
