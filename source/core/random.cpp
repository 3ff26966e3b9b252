#include "core/random.hpp"

#include <random>

namespace millrace {

double random_unit() {
  thread_local std::minstd_rand generator(std::random_device{}());
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

}  // namespace millrace
