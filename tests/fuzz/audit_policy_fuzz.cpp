// Any bytes as an audit policy: refused with sentences that name the file, or a policy that
// decides.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "audit/policy_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limen;
  const audit::ReadPolicy read =
      audit::read_policy(std::string_view(reinterpret_cast<const char*>(data), size), "policy");
  for (const std::string& problem : read.problems())
    if (!problem.starts_with("policy")) std::abort();
  if (!read.ok()) return 0;
  request::RequestInfo info;
  if (request::parse_request("GET", "/api/v1/namespaces/x/pods/p/log", info) !=
      request::TargetStatus::ok) {
    std::abort();
  }
  const request::Identity user{"bob", "", {"readers"}, {}};
  read.policy.decide(info, &user);
  read.policy.decide(info, nullptr);
  return 0;
}
