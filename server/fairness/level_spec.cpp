#include "fairness/level_spec.h"

#include <cmath>

#include "object/metadata.h"
#include "validation/causes.h"
#include "validation/flow_control.h"

namespace limen::fairness {

namespace {

using object::int_or;
using object::Json;
using object::member;
using object::text_at;

void read_shares(const Json& values, LevelSpec& spec, std::int64_t default_shares) {
  spec.shares = int_or(member(values, "nominalConcurrencyShares"), default_shares);
  spec.lendable_percent = int_or(member(values, "lendablePercent"), 0);
}

bool read_queuing(const Json& queuing, LevelSpec& spec) {
  const std::int64_t queues = int_or(member(queuing, "queues"), 0);
  const std::int64_t hand = int_or(member(queuing, "handSize"), 0);
  const std::int64_t length = int_or(member(queuing, "queueLengthLimit"), 0);
  if (queues <= 0 || hand <= 0 || hand > queues || length <= 0) return false;
  spec.queues = static_cast<std::uint32_t>(queues);
  spec.hand_size = static_cast<std::uint32_t>(hand);
  spec.queue_length_limit = static_cast<std::size_t>(length);
  return true;
}

bool read_limited(const Json& limited, LevelSpec& spec) {
  read_shares(limited, spec, 30);
  const Json* const borrowing = member(limited, "borrowingLimitPercent");
  if (borrowing && !borrowing->is_null()) spec.borrowing_limit_percent = int_or(borrowing, 0);
  const Json* const response = member(limited, "limitResponse");
  if (!response) return false;
  const bool has_queues = validation::has(*response, "queuing");
  const std::string_view type = text_at(*response, "type");
  if (type == "Queue") return has_queues && read_queuing(*member(*response, "queuing"), spec);
  return type == "Reject" && !has_queues;
}

std::int64_t percent_of(std::int64_t seats, std::int64_t percent) {
  return std::llround(static_cast<double>(seats) * static_cast<double>(percent) / 100.0);
}

}  // namespace

std::optional<LevelSpec> LevelSpec::read(const Json& object) {
  LevelSpec spec;
  spec.name = object::name(object);
  spec.uid = object::uid(object);
  const Json* const values = member(object, "spec");
  if (!values) return std::nullopt;
  spec.exempt = text_at(*values, "type") == "Exempt";
  if (spec.exempt != (spec.name == validation::kExempt)) return std::nullopt;
  if (spec.exempt) {
    if (const Json* exempt = member(*values, "exempt")) read_shares(*exempt, spec, 0);
    return spec;
  }
  const Json* const limited = member(*values, "limited");
  if (!limited || !read_limited(*limited, spec)) return std::nullopt;
  return spec;
}

std::vector<SeatLimits> divide_seats(std::int64_t server_seats,
                                     const std::vector<const LevelSpec*>& levels) {
  double sum = 0;
  for (const LevelSpec* level : levels) sum += static_cast<double>(level->shares);
  std::vector<SeatLimits> all;
  for (const LevelSpec* level : levels) {
    SeatLimits seats;
    if (sum > 0) {
      seats.nominal = static_cast<std::int64_t>(
          std::ceil(static_cast<double>(server_seats) * static_cast<double>(level->shares) / sum));
    }
    seats.least = seats.nominal - percent_of(seats.nominal, level->lendable_percent);
    seats.most = seats.nominal + (level->borrowing_limit_percent
                                      ? percent_of(seats.nominal, *level->borrowing_limit_percent)
                                      : server_seats);
    all.push_back(seats);
  }
  return all;
}

}  // namespace limen::fairness
