// ServiceCIDR and IPAddress: the ranges services take their addresses from, and who holds one.
#include <arpa/inet.h>

#include <array>
#include <string>
#include <utility>

#include "base/strings.h"
#include "validation/kinds/addresses.h"
#include "validation/kinds/parts.h"
#include "validation/kinds/rules.h"

namespace limen::validation::kinds {

namespace {

const FieldPath& ranges_path() {
  static const FieldPath kPath("spec.cidrs");
  return kPath;
}

struct Address {
  std::array<unsigned char, 16> bytes{};
  int family = AF_INET;
  std::size_t bits() const { return family == AF_INET ? 32 : 128; }

  static Address read(std::string_view text) {
    Address out;
    out.family = text.find(':') == std::string_view::npos ? AF_INET : AF_INET6;
    inet_pton(out.family, std::string(text).c_str(), out.bytes.data());
    return out;
  }
  // The one way RFC 5952 writes it.
  std::string text() const {
    std::array<char, INET6_ADDRSTRLEN> out{};
    return inet_ntop(family, bytes.data(), out.data(), out.size()) ? out.data() : "";
  }
  bool is_mapped() const {
    constexpr std::array<unsigned char, 12> kPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return family == AF_INET6 && std::equal(kPrefix.begin(), kPrefix.end(), bytes.begin());
  }
  bool has_bits_beyond(std::int64_t length) const {
    for (auto bit = static_cast<std::size_t>(length); bit < bits(); ++bit) {
      if ((bytes[bit / 8] & (0x80U >> (bit % 8))) != 0) return true;
    }
    return false;
  }
};

std::string not_canonical(const std::string& canonical) {
  return "must be in canonical form (" + base::go_quote(canonical) + ")";
}

void check_range(std::string_view text, const FieldPath& path, Causes& causes) {
  if (!is_cidr(text)) return causes.invalid(path, text, kBadCidr);
  const std::size_t slash = text.find('/');
  const Address address = Address::read(text.substr(0, slash));
  const std::int64_t length = base::parse_int(text.substr(slash + 1)).value_or(0);
  const std::string canonical = address.text() + '/' + std::to_string(length);
  if (address.is_mapped()) {
    causes.invalid(path, text, "must not have an IPv4-mapped IPv6 address");
  } else if (address.has_bits_beyond(length)) {
    causes.invalid(path, text, "must not have bits set beyond the prefix length");
  } else if (text != canonical) {
    causes.invalid(path, text, not_canonical(canonical));
  }
}

void check_ranges(const Json& object, Causes& causes) {
  const Json* list = find(object, {"spec", "cidrs"});
  const std::span<const Json> ranges = elements(list);
  if (ranges.empty()) return causes.required(ranges_path(), "at least one CIDR required");
  if (ranges.size() > 2) {
    // Shown as Go shows a type that has no JSON names.
    return causes.invalid(ranges_path(), Json(boost::json::object{{"CIDRs", *list}}),
                          "may only hold up to 2 values");
  }
  std::size_t index = 0;
  for (const Json& range : ranges) check_range(text(&range), ranges_path().index(index++), causes);
  if (ranges.size() < 2 || !is_cidr(text(&ranges[0])) || !is_cidr(text(&ranges[1]))) return;
  const auto family = [](const Json& range) { return text(&range).find(':') == std::string::npos; };
  if (family(ranges[0]) == family(ranges[1])) {
    causes.invalid(ranges_path(), *list,
                   "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and "
                   "2001:db8::/64");
  }
}

}  // namespace

object::Problems ip_address_name(std::string_view name) {
  if (!is_ip(name)) return {std::string(kBadIp)};
  const Address address = Address::read(name);
  if (address.is_mapped()) return {"must not be an IPv4-mapped IPv6 address"};
  const std::string canonical = address.text();
  if (canonical != name) return {not_canonical(canonical)};
  return {};
}

void check_ip_address(const Json& object, Causes& causes) {
  const FieldPath path("spec.parentRef");
  if (!has(spec_of(object), "parentRef")) return causes.required(path);
  const Json& parent = object_at(spec_of(object), "parentRef");
  check_set_text(parent, "group", object::dns1123_subdomain, path, causes);
  for (const std::string_view key : {"resource", "name"}) {
    check_needed_text(text_at(parent, key), object::path_segment_name, path.child(key), causes);
  }
  check_set_text(parent, "namespace", object::path_segment_name, path, causes);
}

void check_ip_address_update(const Json& object, const Json& old, Causes& causes) {
  const Json* now = member(spec_of(object), "parentRef");
  if (same(now, member(spec_of(old), "parentRef"))) return;
  // Shown as Go shows a type that has no JSON names.
  const Json& parent = object_at(spec_of(object), "parentRef");
  boost::json::object shown;
  for (const auto& [name, key] : {std::pair{"Group", "group"}, std::pair{"Resource", "resource"},
                                  std::pair{"Namespace", "namespace"}, std::pair{"Name", "name"}}) {
    const std::string_view text = text_at(parent, key);
    shown[name] = boost::json::string(text.data(), text.size());
  }
  causes.invalid(FieldPath("spec.parentRef"), Json(std::move(shown)), kImmutable);
}

void check_service_cidr_create(const Json& object, Causes& causes) { check_ranges(object, causes); }

// A range may get one of the other family beside it, and nothing else.
void check_service_cidr_update(const Json& object, const Json& old, Causes& causes) {
  const Json* list = find(object, {"spec", "cidrs"});
  const std::span<const Json> now = elements(list);
  const std::span<const Json> before = elements(find(old, {"spec", "cidrs"}));
  const bool one_more = before.size() == 1 && now.size() == 2;
  if (now.size() != before.size() && !one_more) {
    return causes.invalid(ranges_path(), or_null(list), kImmutable);
  }
  for (std::size_t index = 0; index < before.size(); ++index) {
    if (now[index] != before[index]) {
      causes.invalid(ranges_path().index(index), now[index], kImmutable);
    }
  }
  if (one_more) check_ranges(object, causes);
}

}  // namespace limen::validation::kinds
