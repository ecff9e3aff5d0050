// Log: lines in the server's log under the plugin's name. A cheap view; any thread.
#pragma once

#include <initializer_list>
#include <string_view>
#include <vector>

#include "limen/cpp/text.hpp"
#include "limen/log.h"

namespace limen {

// One key and value of a log line. Views; never a secret.
struct Field {
  std::string_view key, value;
};

class Log {
 public:
  Log() = default;
  Log(const limen_host* host, const limen_log_api* api) : host_(host), api_(api) {}

  bool enabled(int level) const { return api_ != nullptr && api_->enabled(host_, level) != 0; }
  // A constant sentence; what varies goes into the fields.
  void write(int level, std::string_view message, std::initializer_list<Field> fields = {}) const {
    if (!enabled(level)) return;
    std::vector<limen_pair> pairs;
    pairs.reserve(fields.size());
    for (const Field& field : fields) pairs.push_back({to_abi(field.key), to_abi(field.value)});
    api_->write(host_, level, to_abi(message), pairs.data(), pairs.size());
  }
  void debug(std::string_view message, std::initializer_list<Field> fields = {}) const {
    write(LIMEN_LOG_DEBUG, message, fields);
  }
  void info(std::string_view message, std::initializer_list<Field> fields = {}) const {
    write(LIMEN_LOG_INFO, message, fields);
  }
  void warn(std::string_view message, std::initializer_list<Field> fields = {}) const {
    write(LIMEN_LOG_WARN, message, fields);
  }
  void error(std::string_view message, std::initializer_list<Field> fields = {}) const {
    write(LIMEN_LOG_ERROR, message, fields);
  }

 private:
  const limen_host* host_ = nullptr;
  const limen_log_api* api_ = nullptr;
};

}  // namespace limen
