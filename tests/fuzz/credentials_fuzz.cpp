// Credential files and Basic headers from anywhere are read or refused, never worse. Records that
// are read can be written and read again; a Basic header never yields more than it holds.
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "common/csv.h"
#include "password-file/basic_credentials.h"
#include "password-file/secret.h"

using limen::plugins::CsvRecord;

namespace {

std::string written(const std::vector<CsvRecord>& records) {
  std::string text;
  for (const CsvRecord& record : records) {
    for (std::size_t i = 0; i < record.fields.size(); ++i) {
      if (i > 0) text += ',';
      text += '"';
      for (const char c : record.fields[i])
        text += c == '"' ? std::string(2, c) : std::string(1, c);
      text += '"';
    }
    text += '\n';
  }
  return text;
}

// A line end inside quotes is read as LF, however it was written.
std::vector<std::string> without_cr(std::vector<std::string> fields) {
  for (std::string& field : fields) std::erase(field, '\r');
  return fields;
}

void read_file(std::string_view text) {
  const std::vector<CsvRecord> records = limen::plugins::parse_csv(text);
  const std::vector<CsvRecord> again = limen::plugins::parse_csv(written(records));
  if (again.size() != records.size()) std::abort();
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (without_cr(records[i].fields) != without_cr(again[i].fields)) std::abort();
    if (i > 0 && records[i].line <= records[i - 1].line) std::abort();
  }
}

void read_header(std::string_view text) {
  const auto credentials = limen::plugins::parse_basic(text);
  if (!credentials) return;
  if (credentials->user.find(':') != std::string::npos) std::abort();
  if (credentials->user.size() + credentials->password.size() + 1 > text.size() * 3 / 4) {
    std::abort();
  }
}

void read_secret(std::string_view text) {
  static const limen::plugins::SaltedDigest digest;
  const limen::plugins::Secret secret(text, digest);
  // Comparing with a hash is slow by design, and its cost is the operator's choice.
  if (!secret.is_slow() && !secret.matches(std::string(text), digest)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    switch (data[0] % 3) {
      case 0:
        read_file(text);
        break;
      case 1:
        read_header(text);
        break;
      default:
        read_secret(text);
    }
  } catch (const std::runtime_error&) {
    return 0;
  }
  return 0;
}
