#include "storage/history_window.h"

#include <algorithm>

namespace limen::storage {

Revision HistoryWindow::look(Time now, Revision revision) {
  seen_.emplace_back(now, revision);
  while (!seen_.empty() && seen_.front().first + keep_ <= now) {
    forget_ = std::max(forget_, seen_.front().second);
    seen_.pop_front();
  }
  // The newest state is no history: the last change always stays.
  forget_ = std::min(std::max(forget_, revision - max_changes_), revision - 1);
  return std::max<Revision>(forget_, 0);
}

}  // namespace limen::storage
