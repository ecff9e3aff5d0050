#include "fairness/borrowing.h"

#include <algorithm>
#include <cmath>

namespace limen::fairness {

namespace {

// With a look every ten seconds, this to the thirtieth is a half.
constexpr double kSmoothing = 0.977;
constexpr double kSmallestTarget = 0.001;

double given(double p, const Share& share) {
  return std::clamp(p * std::max(share.target, kSmallestTarget), share.least, share.most);
}

double given_together(double p, const std::vector<Share>& shares) {
  double sum = 0;
  for (const Share& share : shares) sum += given(p, share);
  return sum;
}

// The proportions at which somebody reaches a bound, in order.
std::vector<double> turns(const std::vector<Share>& shares) {
  std::vector<double> all{0};
  for (const Share& share : shares) {
    const double target = std::max(share.target, kSmallestTarget);
    all.push_back(share.least / target);
    all.push_back(share.most / target);
  }
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace

void DemandMeter::go_on(base::Deadline now) {
  if (begun_ && now > since_) {
    const double time = std::chrono::duration<double>(now - since_).count();
    const double seats = static_cast<double>(seats_);
    seconds_ += time;
    sum_ += seats * time;
    squares_ += seats * seats * time;
  }
  since_ = begun_ ? std::max(since_, now) : now;
  begun_ = true;
}

void DemandMeter::set(std::int64_t seats, base::Deadline now) {
  go_on(now);
  seats_ = seats;
  peak_ = std::max(peak_, seats);
}

DemandMeter::Reading DemandMeter::take(base::Deadline now) {
  go_on(now);
  Reading reading;
  reading.seconds = seconds_;
  reading.peak = peak_;
  if (seconds_ > 0) {
    reading.average = sum_ / seconds_;
    const double variance = squares_ / seconds_ - reading.average * reading.average;
    reading.deviation = std::sqrt(std::max(0.0, variance));
  }
  seconds_ = sum_ = squares_ = 0;
  peak_ = seats_;
  return reading;
}

void SeatDemand::update(const DemandMeter::Reading& reading) {
  peak = reading.peak;
  if (reading.seconds <= 0) return;
  const double envelope = reading.average + reading.deviation;
  smoothed = std::max(envelope, kSmoothing * smoothed + (1 - kSmoothing) * envelope);
}

// What is given out grows with p in straight pieces between the turns.
std::vector<double> divide_fairly(double seats, const std::vector<Share>& shares) {
  const std::vector<double> all = turns(shares);
  double p = all.back();
  for (std::size_t i = 1; i < all.size(); ++i) {
    const double reached = given_together(all[i], shares);
    if (reached < seats) continue;
    const double before = given_together(all[i - 1], shares);
    const double part = reached > before ? (seats - before) / (reached - before) : 0;
    p = all[i - 1] + std::max(0.0, part) * (all[i] - all[i - 1]);
    break;
  }
  std::vector<double> result;
  for (const Share& share : shares) result.push_back(given(p, share));
  return result;
}

std::vector<std::int64_t> lend_seats(const std::vector<LevelDemand>& levels) {
  double seats = 0;
  double never_lent = 0;
  std::vector<Share> shares;
  for (const LevelDemand& level : levels) {
    const auto peak = static_cast<double>(level.demand.peak);
    const auto nominal = static_cast<double>(level.limits.nominal);
    const auto least = static_cast<double>(level.limits.least);
    seats += nominal;
    if (level.exempt) {
      const double used = std::max(least, peak);
      seats -= used;
      shares.push_back({used, used, used});
      continue;
    }
    never_lent += least;
    // What is in use is not taken away while it is within the nominal limit.
    const double needed = std::max(least, std::min(nominal, peak));
    shares.push_back({std::max(needed, level.demand.smoothed), needed,
                      std::max(needed, static_cast<double>(level.limits.most))});
  }
  seats = std::max(seats, never_lent);
  double needed = 0;
  for (std::size_t i = 0; i < levels.size(); ++i) needed += levels[i].exempt ? 0 : shares[i].least;
  // Not even that is there: what may be lent is, in equal parts.
  const double kept =
      needed > seats && needed > never_lent ? (seats - never_lent) / (needed - never_lent) : 1.0;
  std::vector<Share> limited;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (levels[i].exempt) continue;
    Share share = shares[i];
    const auto least = static_cast<double>(levels[i].limits.least);
    share.least = least + kept * (share.least - least);
    limited.push_back(share);
  }
  const std::vector<double> divided = divide_fairly(seats, limited);
  std::vector<std::int64_t> result;
  std::size_t next = 0;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    result.push_back(std::llround(levels[i].exempt ? shares[i].target : divided[next++]));
  }
  return result;
}

}  // namespace limen::fairness
