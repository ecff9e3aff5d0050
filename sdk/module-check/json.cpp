// Boost.JSON itself: the program runs on a machine that has the SDK and no more.
#include <boost/json/src.hpp>
