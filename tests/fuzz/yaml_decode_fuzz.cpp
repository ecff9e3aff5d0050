// Any bytes as a YAML body: refused, or read as a value that JSON can hold, in bounded time.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "object/canonical.h"
#include "object/decode.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limen::object;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const Decoded decoded = decode(text, Format::yaml);
    decode(to_json(decoded.value), Format::json, {.max_bytes = SIZE_MAX});
  } catch (const DecodeError&) {
  }
  return 0;
}
