// Any bytes as a JSON body: refused, or read as a value that is written and read back unchanged.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "object/canonical.h"
#include "object/decode.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limen::object;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const Decoded decoded = decode(text, Format::json);
    const std::string once = to_json(decoded.value);
    if (to_json(decode(once, Format::json).value) != once) std::abort();
  } catch (const DecodeError&) {
  }
  return 0;
}
