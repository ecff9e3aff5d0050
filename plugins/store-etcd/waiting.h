// Waiting for the loop from another thread.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <utility>

#include "loop.h"

namespace limen_etcd {

// Runs `begin(give)` on the loop and returns what it gives, then or later. Throws std::future_error
// when the loop ends before.
template <class Value>
Value wait_for(Loop& loop, std::function<void(std::function<void(Value)> give)> begin) {
  auto promise = std::make_shared<std::promise<Value>>();
  std::future<Value> value = promise->get_future();
  loop.post([begin = std::move(begin), promise = std::move(promise)] {
    begin([promise](Value given) { promise->set_value(std::move(given)); });
  });
  return value.get();
}

}  // namespace limen_etcd
