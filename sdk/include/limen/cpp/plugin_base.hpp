// Plugin: what every kind of plugin has in common.
#pragma once

#include "limen/cpp/result.hpp"

namespace limen {

// The author's class derives from Authenticator, Authorizer or Admission, which derive from this.
// Its constructor takes (limen::Host&, limen::Node config), either both, the host alone or nothing,
// and throws ConfigError when the config cannot be used. Both references live as long as the
// object.
class Plugin {
 public:
  Plugin() = default;
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;
  virtual ~Plugin() = default;

  // After the constructor, on the control thread: post work, send requests. An error fails the
  // start.
  virtual Result<void> start() { return {}; }
  // No new call follows: let go of what is open. The destructor runs when nothing is.
  virtual void stop() {}
};

}  // namespace limen
