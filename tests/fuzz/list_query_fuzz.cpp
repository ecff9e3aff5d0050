// Any text as the target of a list or watch of pods: refused as a bad request, or read to options
// that keep their own rules.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "api/list_options.h"
#include "base/api_error.h"
#include "catalog/catalog.h"
#include "request/request_info.h"

// Half of the inputs follow a path that is fine, so that more of them get beyond it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limen;
  if (size == 0) return 0;
  const bool watching = data[0] % 2 != 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string target =
      data[0] % 4 < 2 ? "/api/v1/namespaces/default/pods?" + std::string(rest) : std::string(rest);
  request::RequestInfo info;
  if (request::parse_request("GET", target, info) != request::TargetStatus::ok) return 0;
  static const catalog::Resource* const pods = catalog::find_resource("", "v1", "pods");
  try {
    const api::ListOptions options = api::parse_list_options(info, *pods, watching);
    if (options.limit < 0) std::abort();
    if (options.revision && *options.revision < 0) std::abort();
    if (options.continue_from && options.continue_from->name.empty()) std::abort();
    static_cast<void>(options.matches(*pods, storage::StoredObject()));
  } catch (const base::ApiError& error) {
    if (error.code() != 400 && error.code() != 422) std::abort();
  }
  return 0;
}

#include "replay_main.h"
