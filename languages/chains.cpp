// Called from cpp.py. Each RAY_REMOTE makes functions known to Ray by their names.
#include <ray/api.h>

#include <stdexcept>
#include <string>

// Returns the number of steps from a number to 1, where an even number is halved and an odd one becomes 3n + 1.
static int steps_of(int64_t number) {
    int steps = 0;
    for (; number != 1; ++steps) number = number % 2 ? 3 * number + 1 : number / 2;
    return steps;
}

// Returns the most steps of any number below a limit.
int longest(int64_t limit) {
    if (limit < 2) throw std::invalid_argument("the limit must be at least 2");
    int most = 0;
    for (int64_t number = 1; number < limit; ++number) most = std::max(most, steps_of(number));
    return most;
}
RAY_REMOTE(longest);

// Returns a text that the function describe() of cpp.py makes of the most steps.
std::string described(int64_t limit) {
    return *ray::Task(ray::PyFunction<std::string>{"cpp", "describe"}).Remote(longest(limit)).Get();
}
RAY_REMOTE(described);

// Remembers the most steps that it has seen.
class Record {
   public:
    int add(int64_t number) { return most = std::max(most, steps_of(number)); }

   private:
    int most = 0;
};
Record *new_record() { return new Record(); }
RAY_REMOTE(new_record, &Record::add);
