// Any text as the continue token of a list: refused, or read so that it is written and read back
// unchanged.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "api/continue_token.h"
#include "base/api_error.h"
#include "base/strings.h"

namespace {

using limen::api::ContinueToken;

void check(std::string_view text) {
  try {
    const ContinueToken token = ContinueToken::decode(text);
    const ContinueToken again = ContinueToken::decode(token.encode());
    if (again.revision != token.revision || again.ns != token.ns || again.name != token.name) {
      std::abort();
    }
  } catch (const limen::base::ApiError& error) {
    if (error.code() != 400) std::abort();
  }
}

}  // namespace

// As it is, and as the JSON that a token hides.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text);
  check(limen::base::base64url_encode(text));
  return 0;
}

#include "replay_main.h"
