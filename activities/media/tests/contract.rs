//! The contract of the media store, in a folder and on a PostgreSQL server.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::time::{Duration, SystemTime};

use activities_data::{Db, Durability};
use activities_media::{MediaStore, StoreError};
use activities_test_database::TestDatabase;
use engine_clock::Clock;
use sqlx::Connection as _;

fn png(width: u32, height: u32) -> Vec<u8> {
    // Noise, so that it is not packed to nothing.
    let mut state = 7_u32;
    let picture = image::RgbImage::from_fn(width, height, |_, _| {
        image::Rgb(std::array::from_fn(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        }))
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

async fn on_server(database: &TestDatabase) -> MediaStore {
    let opened = Db::open_postgres(&database.postgres(), Clock::real(), Durability::ProcessEnd).await;
    MediaStore::on_server(opened.unwrap())
}

async fn what_is_put_is_got_under_the_hash_of_its_content(store: MediaStore) {
    let facts = store.put(png(3, 3)).await.unwrap();
    assert_eq!(store.put(png(3, 3)).await.unwrap(), facts, "the same content is stored once");
    assert_eq!(store.get(&facts.sha256).await.unwrap(), png(3, 3));
    assert!(store.has(&facts.sha256).await.unwrap());
    assert_eq!(store.facts(&facts.sha256).await.unwrap(), facts);
    assert_eq!(store.put_expected(&facts.sha256, png(3, 3)).await.unwrap(), facts);
}

async fn other_content_than_announced_is_refused(store: MediaStore) {
    let announced = "a".repeat(64);
    let error = store.put_expected(&announced, png(4, 4)).await.unwrap_err();
    assert_eq!(error.code(), "media/mismatch");
    assert!(!store.has(&announced).await.unwrap());
}

async fn files_are_named_in_order_and_removed(store: MediaStore) {
    let mut names = Vec::new();
    for side in 3..6 {
        names.push(store.put(png(side, side)).await.unwrap().sha256);
    }
    names.sort();
    let later = SystemTime::UNIX_EPOCH + Duration::from_secs(200 * 365 * 86_400);
    assert_eq!(store.stored_before(later, None, 2).await.unwrap(), names[..2]);
    assert_eq!(store.stored_before(later, Some(names[1].clone()), 9).await.unwrap(), names[2..]);
    assert!(store.stored_before(SystemTime::UNIX_EPOCH, None, 9).await.unwrap().is_empty());
    store.remove(&names[0]).await.unwrap();
    store.remove(&names[0]).await.unwrap();
    assert!(!store.has(&names[0]).await.unwrap() && store.has(&names[1]).await.unwrap());
    assert!(matches!(store.get(&names[0]).await, Err(StoreError::Missing(_))));
}

async fn names_that_are_no_hash_reach_no_file(store: MediaStore) {
    for name in ["", "../../etc/passwd", &"A".repeat(64), &"é".repeat(32), &"a".repeat(63)] {
        assert!(matches!(store.get(name).await, Err(StoreError::Name(_))), "{name}");
    }
}

async fn many_at_once_store_one_file(store: MediaStore) {
    let puts = (0..8).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.put(png(5, 5)).await.unwrap().sha256 })
    });
    let mut names = Vec::new();
    for put in puts.collect::<Vec<_>>() {
        names.push(put.await.unwrap());
    }
    names.dedup();
    assert_eq!(names.len(), 1);
    assert_eq!(store.get(&names[0]).await.unwrap(), png(5, 5));
}

/// Every test of the contract on every store.
macro_rules! contract {
    ($($test:ident)+) => {
        mod folder {
            $(#[tokio::test] async fn $test() {
                let folder = tempfile::tempdir().unwrap();
                super::$test(super::MediaStore::open(folder.path()).unwrap()).await
            })+
        }
        mod server {
            $(#[tokio::test] async fn $test() {
                let Some(database) = super::TestDatabase::new().await else { return };
                super::$test(super::on_server(&database).await).await
            })+
        }
    };
}

contract! {
    what_is_put_is_got_under_the_hash_of_its_content
    other_content_than_announced_is_refused
    files_are_named_in_order_and_removed
    names_that_are_no_hash_reach_no_file
    many_at_once_store_one_file
}

#[tokio::test]
async fn a_file_of_many_chunks_is_seen_by_every_process_and_heals_when_stored_again() {
    let Some(database) = TestDatabase::new().await else { return };
    let (one, other) = (on_server(&database).await, on_server(&database).await);
    let bytes = png(900, 900);
    assert!(bytes.len() > 2 << 20, "{} bytes", bytes.len());
    let name = one.put(bytes.clone()).await.unwrap().sha256;
    assert!(other.get(&name).await.unwrap() == bytes);
    let mut tool = sqlx::PgConnection::connect(&database.url()).await.unwrap();
    sqlx::raw_sql("UPDATE media_chunks SET bytes = 'other' WHERE number = 1")
        .execute(&mut tool)
        .await
        .unwrap();
    assert!(matches!(other.get(&name).await, Err(StoreError::Damaged { .. })));
    other.put(bytes.clone()).await.unwrap();
    assert!(one.get(&name).await.unwrap() == bytes);
}
