#include "common/jose/algorithm.h"

#include <utility>

namespace limen::plugins::jose {

namespace {

constexpr std::pair<Algorithm, std::string_view> kNames[] = {
    {Algorithm::rs256, "RS256"}, {Algorithm::rs384, "RS384"}, {Algorithm::rs512, "RS512"},
    {Algorithm::ps256, "PS256"}, {Algorithm::ps384, "PS384"}, {Algorithm::ps512, "PS512"},
    {Algorithm::es256, "ES256"}, {Algorithm::es384, "ES384"}, {Algorithm::es512, "ES512"},
    {Algorithm::eddsa, "EdDSA"},
};

}  // namespace

std::string_view name_of(Algorithm algorithm) {
  for (const auto& [known, name] : kNames)
    if (known == algorithm) return name;
  return {};
}

std::optional<Algorithm> find_algorithm(std::string_view name) {
  for (const auto& [algorithm, known] : kNames)
    if (known == name) return algorithm;
  return std::nullopt;
}

}  // namespace limen::plugins::jose
