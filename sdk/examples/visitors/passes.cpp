#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "visitors.h"

namespace acme {

namespace {

constexpr std::string_view kPrefix = "visitor.";
constexpr std::size_t kShortestSecret = 16;

using PassMap = std::map<std::string, Pass, std::less<>>;

// An error says where and never what.
PassMap read_passes(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + ": cannot be read");
  PassMap passes;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    std::istringstream words(line);
    std::string name;
    Pass pass;
    if (!(words >> name) || name.front() == '#') continue;
    if (!(words >> pass.secret >> pass.ns) || pass.secret.size() < kShortestSecret) {
      throw std::runtime_error(
          path + ":" + std::to_string(number) +
          ": expected NAME SECRET NAMESPACE, the secret of 16 or more characters");
    }
    passes[name] = std::move(pass);
  }
  return passes;
}

// Looks at every character wherever the first difference is.
bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned differs = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    differs |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  }
  return differs == 0;
}

}  // namespace

Passes::Passes(limen::Host& host, limen::Node config)
    : passes_(host, "passes", {config["file"].string_or("")},
              [path = config["file"].string_or("")] { return read_passes(path); }) {}

limen::Result<void> Passes::authenticate(limen::AuthnCall& call) {
  std::string_view token = call.bearer_token();
  if (token.substr(0, kPrefix.size()) != kPrefix) return {};
  token.remove_prefix(kPrefix.size());
  const std::size_t dot = token.find('.');
  const std::string_view name = token.substr(0, dot);
  const std::string_view secret = dot == token.npos ? std::string_view() : token.substr(dot + 1);
  const auto passes = passes_.get();
  const auto found = passes->find(name);
  if (found == passes->end() || !same(found->second.secret, secret)) {
    return limen::Error{"no visitor has this pass"};
  }
  call.accept("visitor:" + found->first).group(kGroup).extra(kNamespace, found->second.ns);
  return {};
}

}  // namespace acme
