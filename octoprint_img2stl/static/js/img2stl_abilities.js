(function (Img2Stl) {
    "use strict";

    // What an endpoint can do, and what a test of it came to, in words.

    const photos = function (can) {
        if (can.views_max <= 1) return gettext("one photo");
        if (can.views_min === can.views_max) {
            return _.sprintf(gettext("%(count)d photos"), {count: can.views_max});
        }
        return _.sprintf(gettext("%(fewest)d to %(most)d photos"), {
            fewest: can.views_min,
            most: can.views_max
        });
    };

    // short phrases of an endpoint's `capabilities`, the most important first
    Img2Stl.abilities = function (can) {
        if (!can) return [];
        const phrases = [photos(can)];
        if (can.views_max > 1 && can.roles.length) {
            phrases.push(gettext("tells the sides apart"));
        }
        if (can.removes_background) {
            phrases.push(gettext("cuts out the subject by itself"));
        } else if (can.needs_alpha) {
            phrases.push(gettext("gets the subject cut out"));
        }
        if (can.faces) {
            phrases.push(
                _.sprintf(gettext("up to %(count)s triangles"), {
                    count: Img2Stl.number(can.faces[1], 0)
                })
            );
        }
        phrases.push(
            can.seed
                ? gettext("other results with other seeds")
                : gettext("without a choice of seed")
        );
        if (can.progress === "percent") phrases.push(gettext("tells how far it is"));
        if (can.cancel === "running") phrases.push(gettext("can be stopped"));
        if (!can.survives_disconnect) {
            phrases.push(gettext("begins again when the connection breaks"));
        }
        return phrases;
    };

    // a kind of failure, as short as a label
    Img2Stl.failureKind = function (kind) {
        return (
            {
                offline: gettext("Not reached"),
                busy: gettext("Has no time now"),
                auth: gettext("Key not accepted"),
                credit: gettext("No credit left"),
                input: gettext("Settings do not fit"),
                policy: gettext("Refused by its rules"),
                remote: gettext("Has an error of its own"),
                timeout: gettext("Too slow to answer"),
                bad_result: gettext("Something else answers")
            }[kind] || gettext("Does not work")
        );
    };
})(window.Img2Stl);
