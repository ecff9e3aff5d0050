#include "writes.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace limen_etcd {

namespace {

using limen::to_view;

std::string text(limen_str view) { return std::string(to_view(view)); }

// The transaction of one op: the key at the revision expected, then the write.
rpc::TxnRequest transaction(const limen_store_op& op, std::int64_t lease) {
  rpc::TxnRequest request;
  rpc::Compare& compare = *request.add_compare();
  compare.set_result(rpc::Compare::EQUAL);
  compare.set_target(rpc::Compare::MOD);
  compare.set_key(text(op.key));
  compare.set_mod_revision(op.expected);
  rpc::RequestOp& then = *request.add_success();
  if (op.remove != 0) {
    then.mutable_request_delete_range()->set_key(text(op.key));
  } else {
    rpc::PutRequest& put = *then.mutable_request_put();
    put.set_key(text(op.key));
    put.set_value(text(op.value));
    put.set_lease(lease);
  }
  return request;
}

}  // namespace

void Writes::begin(std::shared_ptr<limen::draft::Commit> commit) {
  later_.push_back(std::move(commit));
  if (!job_) begin_next();
}

void Writes::begin_next() {
  while (!job_ && !later_.empty()) {
    const auto commit = std::move(later_.front());
    later_.pop_front();
    const limen::draft::Ops ops = commit->ops();
    if (ops.empty()) {
      commit->succeed({});
      continue;
    }
    if (!health_.trouble().empty()) {
      commit->fail({health_.trouble(), LIMEN_E_UNAVAILABLE});
      continue;
    }
    job_ = std::make_shared<Job>();
    job_->commit = commit;
    job_->ops.resize(ops.size());
    job_->revisions.assign(ops.size(), LIMEN_STORE_UNKNOWN);
    job_->left = ops.size();
    job_->deadline = Clock::now() + client_.settings().request_timeout;
    std::unordered_map<std::string_view, std::size_t> last;
    for (std::size_t i = 0; i < ops.size(); ++i) {
      const auto [there, first] = last.try_emplace(to_view(ops[i].key), i);
      if (first) {
        job_->ready.push(i);
      } else {
        job_->ops[std::exchange(there->second, i)].after = i;
      }
    }
    pump();
  }
}

void Writes::pump() {
  if (pumping_) return;  // an op that ended at once: the loop below goes on
  pumping_ = true;
  const std::shared_ptr<Job> job = job_;
  while (!job->over && job->under_way < client_.settings().parallel && !job->ready.empty()) {
    const std::size_t op = job->ready.top();
    job->ready.pop();
    ++job->under_way;
    send(op);
  }
  pumping_ = false;
  if (!job->over && job->left == 0) end_job();
}

milliseconds Writes::time_left() const {
  return std::chrono::duration_cast<milliseconds>(job_->deadline - Clock::now());
}

// ---- one op -----------------------------------------------------------------------------------

void Writes::send(std::size_t op) {
  const limen_store_op& raw_op = raw(op);
  if (!keys_.ours(to_view(raw_op.key))) {
    return end_not_done(op, "the key " + text(raw_op.key) + " is not below the store's prefix");
  }
  if (raw_op.remove != 0 && raw_op.expected == 0) return end_op(op, 0);  // nothing to remove
  if (raw_op.remove != 0 || raw_op.ttl <= 0) return transact(op, 0);
  leases_.get(raw_op.ttl, of_job([this, op](const Failure* failure, std::int64_t lease) {
                if (failure == nullptr) return transact(op, lease);
                // Whatever became of the lease, nothing was put.
                retry(op, *failure);
              }));
}

void Writes::transact(std::size_t op, std::int64_t lease) {
  job_->ops[op].sent = true;
  client_.transact(transaction(raw(op), lease), std::max(time_left(), milliseconds(1)),
                   of_job([this, op, lease](const Failure* failure, rpc::TxnResponse& answer) {
                     on_answer(op, lease, failure, answer);
                   }));
}

void Writes::on_answer(std::size_t op, std::int64_t lease, const Failure* failure,
                       const rpc::TxnResponse& answer) {
  if (failure == nullptr) {
    health_.alive();
    job_->newest = std::max(job_->newest, answer.header().revision());
    if (answer.succeeded()) return end_op(op, answer.header().revision());
    if (job_->ops[op].uncertain) return resolve(op, "etcd: what an earlier try did is not known");
    return end_op(op, 0);
  }
  switch (failure->kind) {
    case Failure::Kind::unknown:
      job_->ops[op].uncertain = true;
      return resolve(op, failure->text);
    case Failure::Kind::lease:
      leases_.forget(lease);
      if (++job_->ops[op].leases_lost > 3) return end_not_done(op, failure->text);
      return send(op);
    case Failure::Kind::unreachable:
    case Failure::Kind::token:
      return retry(op, *failure);
    case Failure::Kind::compacted:
    case Failure::Kind::refused:
      break;
  }
  end_not_done(op, failure->text);
}

void Writes::retry(std::size_t op, const Failure& failure) {
  Op& state = job_->ops[op];
  const milliseconds pause = pause_before(state.attempt++);
  const bool hopeless = !failure.passing() || pause >= time_left();
  if (hopeless) {
    return state.uncertain ? resolve(op, failure.text) : end_not_done(op, failure.text);
  }
  client_.loop().after(pause, of_job([this, op] { send(op); }));
}

// ---- outcomes that are not known --------------------------------------------------------------

void Writes::resolve(std::size_t op, const std::string& why) {
  rpc::RangeRequest question;
  question.set_key(text(raw(op).key));
  // As long again as the write had.
  const auto deadline = job_->deadline + client_.settings().request_timeout;
  client_.range_until(std::move(question), deadline,
                      of_job([this, op, why](const Failure* failure, rpc::RangeResponse& answer) {
                        if (failure != nullptr) return end_unknown(op, why);
                        on_read(op, why, answer);
                      }));
}

void Writes::on_read(std::size_t op, const std::string& why, const rpc::RangeResponse& answer) {
  health_.alive();
  job_->newest = std::max(job_->newest, answer.header().revision());
  const limen_store_op& wanted = raw(op);
  const mvccpb::KeyValue* const there = answer.kvs().empty() ? nullptr : &answer.kvs(0);
  if (there == nullptr) return end_unknown(op, why);
  const bool newer = there->mod_revision() > wanted.expected;
  if (!newer && wanted.expected > 0) {
    Op& state = job_->ops[op];
    const milliseconds pause = pause_before(state.attempt++);
    if (pause >= time_left()) return end_unknown(op, why);
    client_.loop().after(pause, of_job([this, op] { send(op); }));
    return;
  }
  if (wanted.remove == 0 && there->value() == to_view(wanted.value)) {
    return end_op(op, there->mod_revision());
  }
  // The same life of the key, changed by another: it cannot be removed at that revision any more.
  const bool same_life = there->create_revision() <= wanted.expected;
  if (wanted.remove != 0 && newer && same_life) return end_op(op, 0);
  end_unknown(op, why);
}

// ---- the end ----------------------------------------------------------------------------------

void Writes::end_not_done(std::size_t op, const std::string& why) {
  if (job_->ops[op].uncertain) return end_unknown(op, why);
  job_->ops[op].not_done = true;
  ++job_->not_done;
  end_unknown(op, why);
}

void Writes::end_unknown(std::size_t op, const std::string& why) {
  if (job_->error.empty()) job_->error = why;
  end_op(op, LIMEN_STORE_UNKNOWN);
}

void Writes::end_op(std::size_t op, std::int64_t revision) {
  job_->ops[op].ended = true;
  job_->revisions[op] = revision;
  --job_->under_way;
  --job_->left;
  if (const std::size_t after = job_->ops[op].after; after != 0) job_->ready.push(after);
  pump();
}

void Writes::end_job() {
  if (job_->not_done == job_->ops.size()) return answer(true);
  const auto deadline = Clock::now() + client_.settings().request_timeout;
  follower_.when_told(job_->newest, deadline, of_job([this](bool told) { answer(told); }));
}

void Writes::answer(bool told) {
  const std::shared_ptr<Job> job = std::exchange(job_, nullptr);
  job->over = true;
  if (job->not_done == job->ops.size()) {
    job->commit->fail({job->error, LIMEN_E_UNAVAILABLE});
  } else if (!told) {
    const std::vector<std::int64_t> unknown(job->ops.size(), LIMEN_STORE_UNKNOWN);
    job->commit->succeed(unknown,
                         "etcd does not tell of the changes it made: " + follower_.why_broken());
  } else {
    job->commit->succeed(job->revisions, job->error);
  }
  begin_next();
}

void Writes::stop() {
  for (const auto& commit : std::exchange(later_, {})) {
    commit->fail({"the store is being closed", LIMEN_E_UNAVAILABLE});
  }
  give_up("the store is being closed");
}

void Writes::give_up(const std::string& why) {
  if (!job_) return;
  const bool sent = std::any_of(job_->ops.begin(), job_->ops.end(),
                                [](const Op& op) { return op.sent && !op.not_done; });
  job_->error = why;
  if (!sent) job_->not_done = job_->ops.size();
  answer(true);
}

}  // namespace limen_etcd
