// Called from cpp.py. RAY_REMOTE registers functions with Ray, by name.
#include <ray/api.h>

#include <algorithm>
#include <stdexcept>
#include <string>

// Counts the steps to 1: halves an even number, turns an odd n into 3n + 1 (the Collatz sequence).
static int steps_of(int64_t number) {
    int steps = 0;
    for (; number != 1; ++steps) number = number % 2 ? 3 * number + 1 : number / 2;
    return steps;
}

// Returns the largest step count of all numbers below a limit.
int longest(int64_t limit) {
    if (limit < 2) throw std::invalid_argument("the limit must be at least 2");
    int most = 0;
    for (int64_t number = 1; number < limit; ++number) most = std::max(most, steps_of(number));
    return most;
}
RAY_REMOTE(longest);

// Passes the largest step count to describe() in cpp.py, and returns its sentence.
std::string described(int64_t limit) {
    return *ray::Task(ray::PyFunction<std::string>{"cpp", "describe"}).Remote(longest(limit)).Get();
}
RAY_REMOTE(described);

// Keeps the largest step count so far.
class Record {
   public:
    int add(int64_t number) { return most = std::max(most, steps_of(number)); }

   private:
    int most = 0;
};
Record *new_record() { return new Record(); }
RAY_REMOTE(new_record, &Record::add);
