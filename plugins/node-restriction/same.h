// Whether two parts of objects mean the same. Pure functions; any thread.
#pragma once

#include <initializer_list>
#include <limen/cpp/node.hpp>
#include <string>
#include <string_view>

namespace limen::node_restriction {

// True also when one is absent and the other an empty list or map.
bool same(const Node& a, const Node& b);

// The places where two objects differ, such as "metadata.labels.a, spec.volumeName", without those
// at or below the `ignored` paths; at most ten, then "...". Empty when they are the same.
std::string differences(const Node& a, const Node& b,
                        std::initializer_list<std::string_view> ignored);

}  // namespace limen::node_restriction
