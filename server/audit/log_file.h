// LogFile: a file that lines are added to, rotated by size and followed when it is moved.
//
// Rotation renames the file to NAME-2026-11-24T02-31-48.123.EXT beside it (UTC); what becomes of
// such backups is for Backups to see to (row U5). Somebody else may rename it too, as logrotate
// does: the next write goes to a new file. Standard output is only written to. Thread rule: one
// thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "audit/backups.h"

namespace limen::audit {

class LogFile {
 public:
  // `path` "-" is standard output. Throws std::runtime_error with one sentence when the file cannot
  // be opened.
  LogFile(std::string path, Rotation rotation);
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  // Adds `lines`, whole lines with their newlines. False with the reason in trouble() when not all
  // of it was written; a file is then as it was before.
  bool append(std::string_view lines);
  // True when `bytes` must not follow what is in the file and another `pending` bytes.
  bool is_full(std::size_t pending, std::size_t bytes) const;
  // Starts a new file. False with the reason in trouble().
  bool rotate();
  // Goes on in the file that has the name now, if it is another. False with the reason in
  // trouble().
  bool follow();
  // The same without looking whether it is another.
  bool reopen();

  const std::string& trouble() const { return trouble_; }

 private:
  bool is_stdout() const { return path_ == "-"; }
  bool open();
  bool failed(std::string_view what);

  const std::string path_;
  const Rotation rotation_;
  Backups backups_;
  int fd_ = -1;
  std::size_t size_ = 0;
  std::string trouble_;
};

}  // namespace limen::audit
