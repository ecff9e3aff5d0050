// What a load asks for, whichever protocol carries it.
//
// One request a call of next(); `{n}` in path and body is a number that grows by one a request. One
// thread.
#pragma once

#include <cstdint>
#include <string>

#include "options.h"

namespace limen::bench {

struct Request {
  std::string method = "GET";
  std::string path = "/";
  std::string content_type;
  std::string body;
};

class Requests {
 public:
  // Options: `path`, `method`, `body`, `content-type`; `post` is a path to POST `body` to; `create`
  // is a namespace to create ConfigMaps of 1 KiB in. `accept`, `gzip` and `token` go into every
  // request. `first` is the first number.
  explicit Requests(const Options& options);

  Request next();
  // Of every request.
  const std::string& accept() const { return accept_; }
  const std::string& token() const { return token_; }
  bool gzip() const { return gzip_; }
  // The request as HTTP/1.1 has it.
  std::string text(const Request& request) const;

 private:
  std::string numbered(const std::string& text) const;

  std::string accept_, token_;
  bool gzip_ = false;
  bool changes_ = false;  // from request to request
  Request like_;
  std::uint64_t count_;
};

}  // namespace limen::bench
