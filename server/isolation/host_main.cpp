// limen-module-host: started by the server for a module with `isolation: process`; of no use by
// itself. Descriptor 3 is its end of the socket pair.
#include <sys/socket.h>
#include <sys/stat.h>

#include <iostream>

#include "isolation/host.h"

int main() {
  constexpr int kSocket = 3;
  struct stat status {};
  if (::fstat(kSocket, &status) != 0 || !S_ISSOCK(status.st_mode)) {
    std::cerr << "limen-module-host is started by limen serve, for modules with `isolation: "
                 "process`\n";
    return 2;
  }
  return limen::isolation::run_module_host(kSocket);
}
