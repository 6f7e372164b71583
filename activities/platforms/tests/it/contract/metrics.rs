//! How posts do: what is told is true, what is not offered is missing.

use activities_platforms::CountedPost;
use campaigns_limits::Metric;

use super::*;

impl Case {
    async fn counted(&self, ids: &[String]) -> activities_platforms::Counted {
        let published_at = self.clock.now();
        let post = |id: &String| CountedPost { platform_post_id: id.clone(), published_at };
        let posts: Vec<CountedPost> = ids.iter().map(post).collect();
        self.client.count(self.access(), &posts).await
    }
}

#[tokio::test]
async fn what_is_counted_is_what_the_platform_has_and_nothing_is_made_up() {
    for case in cases().await {
        let mut ids = Vec::new();
        for number in 0..3 {
            ids.push(case.published(&segment(&format!("Number {number} https://acme.dev"))).await);
        }
        let metrics = json!({
            "impressions": 500, "likes": 20, "replies": 3, "reposts": 4, "quotes": 2, "bookmarks": 1,
            "clicks": 7, "profileClicks": 5,
        });
        let set = json!({"platform": case.platform(), "id": ids[1], "metrics": metrics});
        let control = format!("{}/_sandbox/metrics", case.sandbox.url());
        let answer = http().post(control).json(&set).send().await.unwrap();
        assert!(answer.status().is_success(), "{}: {}", case.name, answer.text().await.unwrap());
        let asked = [&ids[..], &["1".to_owned(), "urn:li:share:1".to_owned()]].concat();
        let counted = case.counted(&asked).await;
        assert_eq!(counted.ended, None, "{}", case.name);
        let known: Vec<&String> = counted.posts.iter().map(|(id, _)| id).collect();
        if !case.able.counts {
            assert!(known.is_empty(), "{}: without the permission there are no numbers", case.name);
            continue;
        }
        assert_eq!(known, ids.iter().collect::<Vec<_>>(), "{}", case.name);
        let (_, counts) = &counted.posts[1];
        for metric in Metric::ALL {
            let offered = Metric::of(case.client.platform()).contains(metric);
            assert_eq!(counts.get(*metric).is_some(), offered, "{}: {metric}", case.name);
        }
        assert_eq!(counts.get(Metric::Impressions), Some(500), "{}", case.name);
        assert_eq!(counts.clicks(case.client.platform()), Some(7), "{}", case.name);
    }
}

#[tokio::test]
async fn a_count_that_is_throttled_or_refused_says_so_and_keeps_what_came() {
    for case in cases().await.into_iter().filter(|case| case.able.counts) {
        let id = case.published(&segment("Count me")).await;
        case.fault_on("429", "*").await;
        let counted = case.counted(std::slice::from_ref(&id)).await;
        assert!(matches!(counted.ended, Some(Failure::Throttled { .. })), "{}: {counted:?}", case.name);
        case.fault_on("drop_response_after_commit", "*").await;
        let counted = case.counted(std::slice::from_ref(&id)).await;
        assert!(matches!(counted.ended, Some(Failure::Transient(_))), "{}: {counted:?}", case.name);
        case.fault_on("expire_token", "*").await;
        let counted = case.counted(&[id]).await;
        assert!(matches!(counted.ended, Some(Failure::SignIn(_))), "{}: {counted:?}", case.name);
        assert!(counted.posts.is_empty(), "{}", case.name);
    }
}
