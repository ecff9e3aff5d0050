#include "audit/losses.h"

#include <utility>

#include "audit/audit_metrics.h"
#include "observability/log.h"

namespace limen::audit {

void Losses::lose(std::size_t events, const std::string& why) {
  count_errors(backend_, events);
  {
    const std::lock_guard lock(mutex_);
    lost_ += events;
  }
  complain(why);
}

void Losses::complain(const std::string& why) {
  std::size_t lost = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto now = base::SteadyClock::now();
    if (now < next_complaint_) return;
    next_complaint_ = now + kComplaintInterval;
    lost = std::exchange(lost_, 0);
  }
  log::error("audit events cannot be stored",
             {{"backend", backend_}, {"lost", std::to_string(lost)}, {"reason", why}});
}

}  // namespace limen::audit
