/* Prints what the C library makes of zones. Usage: localtime INSTANT... < NAMES, in Unix seconds.
   A line is the name, the instant, the offset in seconds, the abbreviation and whether it is daylight saving time. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int main(int count, char **instants) {
    /* Without the colon musl takes CST6CDT, GB-Eire, NZ-CHAT, W-SU and their like for rules, not for names. */
    char name[256] = ":";
    while (fgets(name + 1, sizeof name - 1, stdin)) {
        name[strcspn(name, "\n")] = 0;
        setenv("TZ", name, 1);
        tzset();
        for (int i = 1; i < count; i++) {
            time_t instant = atoll(instants[i]);
            struct tm local;
            if (!localtime_r(&instant, &local))
                return 1;
            printf("%s\t%lld\t%ld\t%s\t%d\n", name + 1, (long long)instant, local.tm_gmtoff, local.tm_zone,
                   local.tm_isdst > 0);
        }
    }
    return 0;
}
