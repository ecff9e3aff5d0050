// Who has to know when the levels or the format of the log change: those who write the log's lines
// elsewhere, as the processes of isolated modules do.
#pragma once

#include <functional>

#include "observability/log.h"

namespace limen::log {

// What set_format() said last.
Format format();

// Calls `changed` after every set_levels() and set_format(), on the caller's thread; it must be
// quick and must not change levels or listeners. Any thread. Once the destructor has returned, no
// call runs.
class ChangeListener {
 public:
  explicit ChangeListener(std::function<void()> changed);
  ChangeListener(const ChangeListener&) = delete;
  ChangeListener& operator=(const ChangeListener&) = delete;
  ~ChangeListener();

  const std::function<void()>& changed() const { return changed_; }

 private:
  const std::function<void()> changed_;
};

// Tells all listeners. For log.cpp.
void tell_listeners();

}  // namespace limen::log
