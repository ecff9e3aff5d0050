#include "report.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <mutex>
#include <set>

namespace limen::module_check {

namespace {

std::mutex mutex;
std::set<std::string, std::less<>>& told() {
  static auto& names = *new std::set<std::string, std::less<>>;
  return names;
}
char* page = nullptr;
std::atomic<bool> ended{false};

void line(const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t put = ::write(kReportPipe, text.data() + done, text.size() - done);
    if (put <= 0) return;
    done += static_cast<std::size_t>(put);
  }
}

// What a module said may be anything; what is told of it is text.
std::string one_line(const std::string& text) {
  std::string out;
  for (const char c : text.substr(0, 2000)) out += c == '\n' || c == '\t' ? ' ' : c;
  if (!is_utf8(out)) {
    for (char& c : out) c = static_cast<unsigned char>(c) < 0x80 ? c : '?';
  }
  return out;
}

std::string where() { return page == nullptr || *page == '\0' ? "the module" : page; }

// An exception met a frame of ours that lets none through.
[[noreturn]] void on_terminate() {
  std::string what = "of a type of its own";
  try {
    if (const std::exception_ptr current = std::current_exception()) {
      std::rethrow_exception(current);
    }
    what = "or a call of std::terminate()";
  } catch (const std::exception& error) {
    what = std::string("\"") + error.what() + "\"";
  } catch (...) {
  }
  fault("exception", where() + " let an exception out, " + what +
                         ": catch everything before it returns (the C++ wrapper does)");
  ::_exit(0);
}

void on_exit_called() {
  if (ended) return;
  fault("exit", where() + " ended the process with exit(): a module reports errors and never does");
}

}  // namespace

void begin_report() {
  void* mapped = ::mmap(nullptr, kStageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, kStagePage, 0);
  if (mapped != MAP_FAILED) page = static_cast<char*>(mapped);
  std::set_terminate(on_terminate);
  std::atexit(on_exit_called);
}

void fault(std::string_view name, const std::string& text) {
  const std::lock_guard<std::mutex> lock(mutex);
  if (!told().emplace(name).second) return;
  line("fault\t" + std::string(name) + "\t" + one_line(text) + "\n");
}

void not_judged(const std::string& text) {
  const std::lock_guard<std::mutex> lock(mutex);
  line("open\t\t" + one_line(text) + "\n");
}

// Letter by letter: threads write here at the same time, and a sanitizer that watches the module
// need not hear of it.
void stage(const char* what) noexcept {
  if (page == nullptr) return;
  volatile char* to = page;
  std::size_t i = 0;
  for (; what[i] != '\0' && i + 1 < kStageBytes; ++i) to[i] = what[i];
  to[i] = '\0';
}

void end_report() { ended = true; }

void fault_from_signal(const char* text) noexcept {
  static_cast<void>(!::write(kReportPipe, text, std::strlen(text)));
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t more = lead < 0x80 ? 0 : lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    if ((lead >= 0x80 && lead < 0xC2) || lead > 0xF4 || i + more >= text.size() + (more == 0)) {
      return false;
    }
    unsigned point = more == 0 ? lead : lead & (0x3Fu >> more);
    for (std::size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0) != 0x80) return false;
      point = (point << 6) | (next & 0x3Fu);
    }
    const bool too_long = (more == 2 && point < 0x800) || (more == 3 && point < 0x10000);
    if (too_long || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return false;
    i += more + 1;
  }
  return true;
}

}  // namespace limen::module_check
