// Any bytes as a label and as a field selector: refused, or read so that the canonical text selects
// the same and is its own canonical text.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "object/quantity.h"
#include "object/selector.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limen::object;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const std::string canonical = LabelSelector::parse(text).to_string();
    if (LabelSelector::parse(canonical).to_string() != canonical) std::abort();
  } catch (const SelectorError&) {
  }
  try {
    const std::string canonical = FieldSelector::parse(text).to_string();
    const FieldSelector again = FieldSelector::parse(canonical);
    if (again.requirements().size() != FieldSelector::parse(text).requirements().size()) {
      std::abort();
    }
  } catch (const SelectorError&) {
  }
  if (const auto quantity = Quantity::parse(text)) {
    const auto again = Quantity::parse(quantity->to_string());
    if (!again || *again != *quantity) std::abort();
  }
  return 0;
}
