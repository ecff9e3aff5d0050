#include "audit/backups.h"

#include <pthread.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "audit/gzip_file.h"
#include "observability/log.h"

namespace limen::audit {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCompressed = ".gz";
constexpr std::size_t kStampSize = 23;  // 2026-11-24T02-31-48.123

// Times in names hold no colon, and sort as they pass.
std::string backup_stamp(base::SystemTime time) {
  std::string stamp = base::format_micro_time(time).substr(0, kStampSize);
  std::replace(stamp.begin(), stamp.end(), ':', '-');
  return stamp;
}

std::optional<base::SystemTime> stamp_time(std::string stamp) {
  if (stamp.size() != kStampSize || stamp[13] != '-' || stamp[16] != '-') return std::nullopt;
  stamp[13] = stamp[16] = ':';
  return base::parse_time(stamp + "Z");
}

void remove_backup(const fs::path& file) {
  std::error_code error;
  if (fs::remove(file, error)) return;
  log::warn("a rotated audit log could not be removed",
            {{"file", file.string()}, {"error", error.message()}});
}

}  // namespace

Backups::Backups(const std::string& path, const Rotation& rotation)
    : folder_(fs::path(path).parent_path()),
      prefix_(fs::path(path).stem().string() + '-'),
      suffix_(fs::path(path).extension().string()),
      rotation_(rotation) {}

Backups::~Backups() {
  stopping_.store(true);
  wait();
}

void Backups::wait() {
  if (compressing_.joinable()) compressing_.join();
}

fs::path Backups::free_name(base::SystemTime now) const {
  while (true) {
    const fs::path file = folder_ / (prefix_ + backup_stamp(now) + suffix_);
    if (!fs::exists(file) && !fs::exists(file.string() + std::string(kCompressed))) return file;
    now += std::chrono::milliseconds(1);
  }
}

std::vector<Backups::Backup> Backups::list() const {
  std::vector<Backup> backups;
  std::error_code error;
  const fs::path folder = folder_.empty() ? fs::path(".") : folder_;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::string name = it->path().filename().string();
    Backup backup;
    backup.file = it->path();
    backup.compressed = name.ends_with(kCompressed);
    if (backup.compressed) name.resize(name.size() - kCompressed.size());
    if (name.size() != prefix_.size() + kStampSize + suffix_.size() || !name.starts_with(prefix_) ||
        !name.ends_with(suffix_)) {
      continue;
    }
    const auto time = stamp_time(name.substr(prefix_.size(), kStampSize));
    if (!time) continue;
    backup.time = *time;
    backups.push_back(std::move(backup));
  }
  std::sort(backups.begin(), backups.end(),
            [](const Backup& a, const Backup& b) { return a.time > b.time; });
  return backups;
}

void Backups::tidy(base::SystemTime now) {
  if (rotation_.max_backups == 0 && rotation_.max_age.count() == 0 && !rotation_.compress) return;
  wait();
  std::vector<fs::path> to_compress;
  const std::vector<Backup> backups = list();
  for (std::size_t i = 0; i < backups.size(); ++i) {
    const bool too_many = rotation_.max_backups != 0 && i >= rotation_.max_backups;
    const bool too_old =
        rotation_.max_age.count() != 0 && backups[i].time < now - rotation_.max_age;
    if (too_many || too_old) {
      remove_backup(backups[i].file);
    } else if (!backups[i].compressed) {
      to_compress.push_back(backups[i].file);
    }
  }
  if (!rotation_.compress || to_compress.empty()) return;
  compressing_ = std::thread([this, files = std::move(to_compress)] { compress(files); });
  pthread_setname_np(compressing_.native_handle(), "limen-audit-gz");
}

void Backups::compress(const std::vector<fs::path>& files) const {
  for (const fs::path& file : files) {
    if (stopping_.load()) return;
    const std::string failure = gzip_file(file.string(), stopping_);
    if (!failure.empty()) {
      log::warn("a rotated audit log could not be compressed", {{"error", failure}});
    }
  }
}

}  // namespace limen::audit
