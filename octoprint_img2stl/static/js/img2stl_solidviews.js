(function (Img2Stl) {
    "use strict";

    const MANY = "other"; // the one role that several photos may have
    const FIRST = "front";

    // The photos by the side they show the subject from: places for them, and what of them
    // will be used.
    Img2Stl.SolidViews = function (root, solid) {
        const self = this;
        const photos = root.photos;
        const chosen = ko.observable({}); // role by the photo's number, as far as chosen
        self.cutOuts = new Img2Stl.CutOuts(root, solid);
        self.drag = new Img2Stl.RoleDrag((number, role) => self.move(number, role));
        self.roles = ko.pureComputed(() =>
            Img2Stl.ROLES.map((role) => ({
                value: role,
                label: Img2Stl.roleLabel(root, role)
            }))
        );

        //~~ roles

        // of all photos there are: what was chosen, else the first side nobody has
        const roles = ko.pureComputed(function () {
            const numbers = numbersOf();
            const taken = numbers.map((number) => chosen()[number]);
            const all = {};
            numbers.forEach(function (number) {
                let role = chosen()[number];
                if (!role) {
                    role =
                        Img2Stl.ROLES.find(
                            (each) => each !== MANY && !taken.includes(each)
                        ) || MANY;
                    taken.push(role);
                }
                all[number] = role;
            });
            return all;
        });
        // not from the list of photos, whose names are those of the roles
        const numbersOf = function () {
            const job = root.job();
            if (!job || !job.photo) return [];
            return [photos.FIRST].concat(
                (job.photos || []).map((photo) => photo.number)
            );
        };
        self.toJson = () => $.extend({}, roles());
        self.fromJson = (given) => chosen($.extend({}, given));
        self.roleOf = (number) => roles()[number] || MANY;
        self.labelOf = (number) => Img2Stl.roleLabel(root, self.roleOf(number));

        // gives a photo a role; who had it gets the old one
        self.move = function (number, role) {
            const all = $.extend({}, roles());
            const before = all[number];
            if (before === role || !root.can("create")) return;
            const other = Object.keys(all).find((each) => all[each] === role);
            all[number] = role;
            if (other && role !== MANY) all[other] = before;
            chosen(all);
            root.announcement(
                _.sprintf(gettext("Photo %(number)d shows this side now: %(role)s"), {
                    number: placeOf(number) + 1,
                    role: Img2Stl.roleLabel(root, role)
                })
            );
            // it was drawn anew in its new place
            Img2Stl.focus("#" + selectId(number));
        };
        const selectId = (number) => "img2stl_role_" + number;
        const placeOf = (number) => numbersOf().indexOf(Number(number));

        //~~ photos

        // {number, role} in the order in which they count
        const ordered = ko.pureComputed(() =>
            _.sortBy(
                numbersOf().map((number) => ({number: number, role: self.roleOf(number)})),
                (view) => Img2Stl.ROLES.indexOf(view.role)
            )
        );
        const unused = ko.pureComputed(() =>
            Img2Stl.unusedViews(solid.generators.chosen(), ordered())
        );
        self.usedCount = ko.pureComputed(
            () => ordered().filter((view) => !unused()[view.number]).length
        );
        // why these photos are too few, or an empty text
        self.tooFew = ko.pureComputed(function () {
            const generator = solid.generators.chosen();
            const least = (generator && (generator.capabilities || {}).views_min) || 1;
            if (self.usedCount() >= least) return "";
            return _.sprintf(
                ngettext(
                    "%(name)s needs %(count)d photo at least.",
                    "%(name)s needs %(count)d photos from different sides at least.",
                    least
                ),
                {name: generator.label, count: least}
            );
        });

        const Row = function (number) {
            const row = this;
            row.id = number;
            row.number = number;
            row.selectId = selectId(number);
            row.testId = "img2stl-view-" + number;
            const photo = ko.pureComputed(() =>
                photos.list().find((each) => each.number === number)
            );
            const cutOut = ko.pureComputed(() => self.cutOuts.of(number));
            row.role = ko.pureComputed({
                read: () => self.roleOf(number),
                write: (role) => self.move(number, role)
            });
            row.picture = ko.pureComputed(
                () =>
                    (cutOut() && cutOut().picture) || (photo() ? photo().thumb : "")
            );
            row.name = ko.pureComputed(() =>
                _.sprintf(gettext("Photo %(number)d"), {number: placeOf(number) + 1})
            );
            const told = (text) =>
                ko.pureComputed(() => _.sprintf(text, {name: row.name()}));
            row.roleLabel = told(gettext("%(name)s: which side it shows"));
            row.cropLabel = told(gettext("%(name)s: turn or crop it"));
            row.removeLabel = told(gettext("%(name)s: remove it"));
            row.alt = told(gettext("%(name)s, its subject as it is used"));
            row.notices = ko.pureComputed(function () {
                const {problem, notices} = cutOut() || {};
                // the cut-out tells those of the photo as well
                const told = cutOut() && !problem ? notices : photo() && photo().notices;
                return (problem ? [problem] : []).concat(told || []);
            });
            row.unused = ko.pureComputed(() => unused()[number] || "");
            row.isCarried = ko.pureComputed(() => self.drag.number() === number);
            row.canRemove = number !== photos.FIRST;
            row.crop = () => photo() && photos.show(photo());
            row.remove = () => photo() && photos.remove(photo());
            // a press there is no beginning of a drag
            row.keepPointer = function (data, event) {
                event.stopPropagation();
                return true;
            };
            row.dragPicture = (data, event) => self.drag.start(number, false, event);
            row.dragGrip = (data, event) => self.drag.start(number, true, event);
        };
        // rows survive news about the job, and with them the focus inside
        const kept = {};
        self.rows = ko.pureComputed(() =>
            ordered().map(function ({number}) {
                kept[number] = kept[number] || new Row(number);
                return kept[number];
            })
        );

        //~~ places

        const taker = function (role) {
            return function (number) {
                const all = roles();
                const isFree = !Object.keys(all).some((each) => all[each] === role);
                if (isFree || role === MANY) {
                    chosen($.extend({}, all, {[number]: role}));
                }
            };
        };
        self.places = Img2Stl.ROLES.map((role) => ({
            role: role,
            testId: "img2stl-place-" + role,
            label: ko.pureComputed(() => Img2Stl.roleLabel(root, role)),
            addLabel: ko.pureComputed(() =>
                _.sprintf(gettext("Add a photo: %(role)s"), {
                    role: Img2Stl.roleLabel(root, role)
                })
            ),
            rows: ko.pureComputed(() =>
                self.rows().filter((row) => self.roleOf(row.number) === role)
            ),
            isOver: ko.pureComputed(() => self.drag.over() === role),
            isFirst: role === FIRST,
            add: () => photos.chooseFor(taker(role))
        }));
        self.isEmpty = (place) => !place.rows().length;
        // what to do with photos that were dropped there
        self.placeAt = function (element) {
            const place = element.closest("[data-role]");
            return place ? taker(place.dataset.role) : null;
        };
        self.problem = ko.pureComputed(() => photos.problem() || self.cutOuts.problem());
    };
})(window.Img2Stl);
