// Accept: what forms of an answer a client takes, best first (RFC 9110 section 12.5.1).
//
// Thread rule: free functions, any thread. Views borrow from the header.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace limen::api {

struct AcceptClause {
  std::string_view type;     // "application"; "*" for any
  std::string_view subtype;  // "json"; "*" for any
  double quality = 1;
  std::vector<std::pair<std::string_view, std::string_view>> parameters;  // without q

  // True when the clause covers `media_type` ("application/json"); parameters are not looked at.
  bool covers(std::string_view media_type) const;
  // The parameter's value, or "".
  std::string_view parameter(std::string_view name) const;
};

// The clauses of an Accept header, by quality and then as written; those with q=0 are left out. An
// empty header is one clause, */*. Parts that are no media range are skipped.
std::vector<AcceptClause> parse_accept(std::string_view header);

}  // namespace limen::api
