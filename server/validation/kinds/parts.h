// Parts of rules that many kinds share: numbers, percentages, ports, paths, amounts.
//
// Each check appends to `causes`, in kube-apiserver's words, and takes absent values for Go's zero
// or nil as its caller says. Thread rule: free functions, any thread.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "object/metadata.h"
#include "object/quantity.h"
#include "validation/causes.h"
#include "validation/metadata.h"

namespace limen::validation::kinds {

using object::find;
using object::member;
using object::text_at;

inline constexpr std::string_view kBadIp =
    "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
inline constexpr std::string_view kBadCidr =
    "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
inline constexpr std::string_view kNotNegative = "must be greater than or equal to 0";
inline constexpr std::string_view kGreaterThanZero = "must be greater than zero";

// The member as an object; an empty one when it is none.
const Json& object_at(const Json& value, std::string_view key);
inline const Json& spec_of(const Json& object) { return object_at(object, "spec"); }
inline const Json& status_of(const Json& object) { return object_at(object, "status"); }
std::int64_t number_at(const Json& value, std::string_view key, std::int64_t otherwise = 0);
// What is shown of a member that Go holds by pointer.
const Json& shown_of(const Json* value);

// Names: a cause a problem; empty text is judged too.
void check_text(std::string_view text, NameCheck check, const FieldPath& path, Causes& causes);
// Empty text is a missing value.
void check_needed_text(std::string_view text, NameCheck check, const FieldPath& path,
                       Causes& causes);
// Nothing is said of an empty text.
void check_set_text(const Json& value, std::string_view key, NameCheck check, const FieldPath& path,
                    Causes& causes);
// Every member of `keys` must be a text that is not empty.
void check_filled(const Json& value, std::initializer_list<std::string_view> keys,
                  const FieldPath& path, Causes& causes);
void check_counts(const Json& value, std::initializer_list<std::string_view> keys,
                  const FieldPath& path, Causes& causes);
// One of `allowed`, which is shown in that order; absent and empty are no such value either.
void check_one_of(std::string_view value, std::initializer_list<std::string_view> allowed,
                  const FieldPath& path, Causes& causes);

// Ports; an absent one is 0.
void check_port_number(const Json* port, const FieldPath& path, Causes& causes);
void check_port_or_name(const Json* port, const FieldPath& path, Causes& causes);
void check_protocol(const Json& port, const FieldPath& path, Causes& causes);

// A whole number that is not negative, or a percentage.
void check_int_or_percent(const Json* value, const FieldPath& path, Causes& causes);
void check_at_most_all(const Json* value, const FieldPath& path, Causes& causes);  // <= 100%
std::int64_t int_or_percent(const Json* value);

// Paths of files.
void check_no_backsteps(std::string_view file, const FieldPath& path, Causes& causes);
bool has_backsteps(std::string_view file);
void check_relative(std::string_view file, const FieldPath& path, Causes& causes);
void check_local_file(std::string_view file, const FieldPath& path, Causes& causes);

// user and group ids
void check_id(const Json* id, const FieldPath& path, Causes& causes);

// Amounts.
std::optional<object::Quantity> amount_of(const Json* value);
void check_amount_not_negative(const Json& amount, const FieldPath& path, Causes& causes);
void check_amount_positive(const Json& amount, const FieldPath& path, Causes& causes);
// What `resource` may have: not negative, and whole where it is counted.
void check_amount_of(std::string_view resource, const Json& amount, const FieldPath& path,
                     Causes& causes);

// A domain/path such as example.com/controller.
void check_domain_prefixed_path(std::string_view text, const FieldPath& path, Causes& causes);
// At least three labels: webhook names.
void check_qualified_domain(std::string_view text, const FieldPath& path, Causes& causes);
// domain/path of a signer of certificates.
void check_signer_name(std::string_view text, const FieldPath& path, Causes& causes);
// An address that may be reached through a service: not unspecified, loopback or link-local.
void check_not_special_ip(std::string_view ip, const FieldPath& path, Causes& causes);
// A list of metav1.Condition.
void check_conditions(const Json* conditions, const FieldPath& path, Causes& causes);
// A metav1.LabelSelector that selects something; `path` is the spec's. `kind` names the empty
// selector's owner; `needed`: absent is a cause.
void check_pod_selector(const Json& spec, std::string_view kind, bool needed, const FieldPath& path,
                        Causes& causes);
// The template's labels must be what the spec's selector matches; none matches nothing, and one
// that is no selector is told of elsewhere.
void check_template_labels(const Json& spec, Causes& causes);

}  // namespace limen::validation::kinds
