// CrossOrigin: what pages of other origins may ask a browser to do here (CORS, row R7).
//
// An origin is allowed when one of the expressions (RE2) is found in it; an origin that is not gets
// no headers, and its request is handled like any other: it is the browser that keeps the answer
// from the page. Thread rule: immutable once built; any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "request/context.h"

namespace re2 {
class RE2;
}

namespace limen::pipeline {

class CrossOrigin {
 public:
  // Throws std::invalid_argument for what is no expression.
  explicit CrossOrigin(const std::vector<std::string>& allowed_origins);
  CrossOrigin(const CrossOrigin&) = delete;
  CrossOrigin& operator=(const CrossOrigin&) = delete;
  ~CrossOrigin();

  // Adds the headers an allowed origin gets to whatever will be answered. True when the request was
  // a question ahead (OPTIONS) and has been answered.
  bool answer(request::RequestContext& context) const;

 private:
  bool allows(std::string_view origin) const;

  std::vector<std::unique_ptr<re2::RE2>> allowed_;
};

}  // namespace limen::pipeline
